// Installs the hooks of redirect_hooks.mjs, for programs that reach @discordjs/rest through import.
import { register } from "node:module";

if (process.env.HUBBUB_BOT_URL) {
  register("./redirect_hooks.mjs", import.meta.url);
}
