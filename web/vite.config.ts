import { fileURLToPath } from 'node:url';
import solid from 'vite-plugin-solid';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

const server = process.env.HUBBUB_URL ?? 'http://127.0.0.1:8080';

/** The server takes requests from pages of its own origin only, so what this one passes on says that it comes from there. */
const passedOn = { target: server, changeOrigin: true, headers: { origin: server } };

/** What the Hubbub server answers itself; everything else is the single page. */
const served = /^\/(api|gateway|cdn|healthz|metrics|media|rtc|twirp|live|openrtb2|vast)(\/|$)/;

export default defineConfig({
  plugins: [
    solid(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        name: 'Hubbub',
        short_name: 'Hubbub',
        description: 'A community of your own',
        display: 'standalone',
        start_url: '/',
        theme_color: '#17181a',
        background_color: '#17181a',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg}', '**/inter-latin-wght-normal*.woff2'],
        globIgnores: ['**/emojibase-*.js', '**/hls-*.js'],
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [served],
        inlineWorkboxRuntime: true,
      },
    }),
  ],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2024',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.build.json',
    rollupOptions: {
      output: {
        chunkFileNames: 'assets/[name]-[hash].js',
        manualChunks: (id) => (id.includes('emojibase-data') ? `emojibase-${id.includes('/de/') ? 'de' : 'en'}` : null),
      },
    },
  },
  server: {
    proxy: {
      '/api': passedOn,
      '/cdn': passedOn,
      '/gateway': { ...passedOn, ws: true },
      '/rtc': { ...passedOn, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
  },
});
