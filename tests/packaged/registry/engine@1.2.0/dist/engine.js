var here = globalThis.document?.currentScript?.src;
module.exports = async function start(options) {
  var file = "engine.data";
  var at = options && options.locateFile ? options.locateFile(file) : here.slice(0, here.lastIndexOf("/") + 1) + file;
  return (await (await fetch(at)).text()).trim();
};
