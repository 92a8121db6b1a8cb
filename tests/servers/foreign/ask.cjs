// A foreign client of OSCQuery reads the show at a port: node ask.cjs PORT ADDRESS..., with VJ_FOREIGN as for speak.cjs.
//
// Prints one JSON object: where OSC is sent to, how many methods there are, and what it knows of each ADDRESS.
const { createRequire } = require("node:module");
const path = require("node:path");

const [port, ...addresses] = process.argv.slice(2);
const { OSCQueryDiscovery } = createRequire(path.join(process.env.VJ_FOREIGN, "node_modules", "index.js"))("oscquery");

new OSCQueryDiscovery().queryNewService("127.0.0.1", +port).then((found) => {
  const methods = Object.fromEntries(found.flat().map((method) => [method.full_path, method]));
  const asked = Object.fromEntries(addresses.map((address) => [address, methods[address] ?? null]));
  process.stdout.write(JSON.stringify({ host: found.hostInfo, count: Object.keys(methods).length, asked }));
});
