import { render } from 'solid-js/web';
import { App } from './app';
import { registerOffline } from './offline';
import { boot } from './state/session';
import { followAppearance, restoreAppearance } from './state/settings';
import './style/tokens.css';
import './style/base.css';

const root = document.getElementById('app');
if (!root) throw new Error('The page lacks its #app element.');

restoreAppearance();
followAppearance();
render(() => <App />, root);
void boot();
registerOffline();
