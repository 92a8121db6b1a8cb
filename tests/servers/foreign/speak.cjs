// A foreign library speaks OSC: node speak.cjs LIBRARY HEAR_AT SEND_TO, with VJ_FOREIGN the folder of its node_modules.
//
// Each line of its input is one packet as JSON: {"messages": [[address, types, values], ...]}; with "after" (seconds from
// now, 0 is at once) it is a bundle; without types (null) the library chooses them. What it hears at HEAR_AT it prints,
// a line for each message: [address, args].
const { createRequire } = require("node:module");
const path = require("node:path");
const readline = require("node:readline");

const [library, hearAt, sendTo] = process.argv.slice(2);
const load = createRequire(path.join(process.env.VJ_FOREIGN, "node_modules", "index.js"));
const say = (address, args) => process.stdout.write(JSON.stringify([address, args]) + "\n");
const HOST = "127.0.0.1";

const libraries = {
  osc(ready) {
    const osc = load("osc");
    const port = new osc.UDPPort({
      localAddress: HOST, localPort: +hearAt, remoteAddress: HOST, remotePort: +sendTo, metadata: true,
    });
    port.on("message", (message) => say(message.address, message.args.map((arg) => arg.value)));
    port.on("ready", ready);
    port.open();
    const made = ([address, types, values]) =>
      ({ address, args: types === null ? values : [...types].map((type, n) => ({ type, value: values[n] })) });
    return ({ after, messages }) => {
      const packet = after === undefined ? made(messages[0])
        : { timeTag: osc.timeTag(after), packets: messages.map(made) };
      port.options.metadata = messages.every(([, types]) => types !== null);
      port.send(packet);
      port.options.metadata = true;
    };
  },
  "node-osc"(ready) {
    const { Bundle, Client, Message, Server } = load("node-osc");
    const client = new Client(HOST, +sendTo);
    const server = new Server(+hearAt, HOST, ready);
    const hear = (packet) => packet.elements ? packet.elements.forEach(hear) : say(packet[0], packet.slice(1));
    server.on("message", hear).on("bundle", hear);
    const made = ([address, types, values]) => new Message(
      address, ...(types === null ? values : [...types].map((type, n) => ({ type, value: values[n] ?? null }))));
    return ({ after, messages }) => client.send(
      after === undefined ? made(messages[0])
        : new Bundle(after ? Date.now() / 1000 + after : 0, ...messages.map(made)));
  },
  "osc-js"(ready) {
    const OSC = load("osc-js");
    const osc = new OSC({ plugin: new OSC.DatagramPlugin({
      open: { host: HOST, port: +hearAt }, send: { host: HOST, port: +sendTo },
    }) });
    osc.on("*", (message) => say(message.address, message.args));
    osc.on("open", ready);
    osc.open();
    const made = ([address, types, values]) => {
      if (types === null) return new OSC.Message(address, ...values);
      const message = new OSC.Message(address);
      [...types].forEach((type, n) => OSC.TypedMessage.prototype.add.call(message, type, values[n]));
      return message;
    };
    return ({ after, messages }) => osc.send(
      after === undefined ? made(messages[0])
        : new OSC.Bundle(messages.map(made), Math.round(Date.now() + after * 1000)));
  },
};

const send = libraries[library](() => say("ready", []));
readline.createInterface({ input: process.stdin })
  .on("line", (line) => send(JSON.parse(line)))
  .on("close", () => process.exit(0));
