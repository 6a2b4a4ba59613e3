// Runs commands of the reference's program one after the other in one process: what it loads takes it two seconds each
// time. A command is a line of JSON, `{args, cwd, env}`, on the file whose number is given; so is what came of it,
// `{code, out, err}`, on standard output.
//
//   node stay.mjs MAIN_JS NUMBER
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [node, , file, number] = process.argv;
const main = pathToFileURL(file).href;
const exit = process.exit.bind(process);
const answer = process.stdout.write.bind(process.stdout);
const said = { out: "", err: "" };
let count = 0;

function listen(stream, name) {
  stream.write = (chunk, encoding, done) => {
    said[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    const told = typeof encoding === "function" ? encoding : done;
    if (told) process.nextTick(told);
    return true;
  };
}

listen(process.stdout, "out");
listen(process.stderr, "err");

for await (const line of createInterface({ input: createReadStream(null, { fd: Number(number) }) })) {
  const { args, cwd, env } = JSON.parse(line);
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [node, file, ...args];
  said.out = said.err = "";
  const code = await new Promise((ended) => {
    process.exit = (code) => ended(code ?? process.exitCode ?? 0);
    // The module that begins is a new one each time; all that it imports is loaded once.
    import(`${main}?${++count}`).catch((error) => (console.error(error), ended(1)));
  });
  answer(`${JSON.stringify({ code, ...said })}\n`);
}
exit(0); // whatever connections the commands have left
