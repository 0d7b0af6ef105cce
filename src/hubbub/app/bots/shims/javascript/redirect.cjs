// Points discord.js at the server that HUBBUB_BOT_URL names, for programs that reach it through require().
// Loaded by `node --require` before a bot's program. Node compiles every CommonJS file through Module._extensions: the
// defaults of @discordjs/rest are changed right after that file has run, wherever it is installed and however often.
"use strict";

const Module = require("node:module");

const url = (process.env.HUBBUB_BOT_URL ?? "").replace(/\/+$/, "");
const restFile = /@discordjs[\\/]rest[\\/]dist[\\/](?:index|web)\.js$/;

if (url) {
  const compile = Module._extensions[".js"];
  Module._extensions[".js"] = function compileAndRedirect(module, filename) {
    compile(module, filename);
    const defaults = restFile.test(filename) ? module.exports?.DefaultRestOptions : undefined;
    if (defaults) {
      Object.assign(defaults, { api: `${url}/api`, cdn: `${url}/cdn`, mediaProxy: `${url}/cdn` });
    }
  };
}
