// A module loading hook: the ES module form of @discordjs/rest gets one statement at its end that changes its defaults.
const restFile = /@discordjs\/rest\/dist\/(?:index|web)\.mjs$/;

const statement = `
{
  const url = process.env.HUBBUB_BOT_URL.replace(/\\/+$/, "");
  Object.assign(DefaultRestOptions, { api: url + "/api", cdn: url + "/cdn", mediaProxy: url + "/cdn" });
}
`;

export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!restFile.test(url) || loaded.format !== "module") {
    return loaded;
  }
  return { ...loaded, source: String(loaded.source) + statement };
}
