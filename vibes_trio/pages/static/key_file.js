// Makes a device's key here, has it certified, and gives both as a key file. The key is sent to nobody.

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
const HOUR_S = 3600;
const ID_BYTES = 16;
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const text = new TextEncoder();

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const part = (value) => base64url(text.encode(JSON.stringify(value)));

function base58(bytes) {
  let number = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  let out = "";
  for (; number > 0n; number /= 58n) out = BASE58[Number(number % 58n)] + out;
  return "1".repeat(bytes.findIndex((byte) => byte !== 0)) + out;
}

// Returns the text of a key file. `certify(csr)` resolves with an answer that has the `certificate`.
export async function makeKeyFile(name, certify) {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign"]);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const { certificate } = await certify(await request(name, pair.privateKey, { kty, crv, x, y }));
  const payload = certificate.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
  const cert = { certificateJWT: certificate, certificatePayload: JSON.parse(new TextDecoder().decode(bytes)) };
  return JSON.stringify({ id: "z3QkefAC57rcrs", clazz: "DeviceIdKeyBagItem", item: { deviceId: { kty, crv, x, y, d }, cert } });
}

async function request(name, key, jwk) {
  const canonical = text.encode(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }));
  const kid = base64url(await crypto.subtle.digest("SHA-256", canonical));
  const now = Math.floor(Date.now() / 1000);
  const head = part({ alg: "ES256", typ: "CSR+JWT", jwk, kid });
  const body = part({
    iss: "csr-client",
    sub: name,
    aud: "certificate-authority",
    iat: now,
    exp: now + HOUR_S,
    jti: `z${base58(crypto.getRandomValues(new Uint8Array(ID_BYTES)))}`,
    csr: {
      subject: { commonName: name },
      publicKey: jwk,
      extensions: {
        subjectAltName: [],
        keyUsage: ["digitalSignature", "keyEncipherment"],
        extendedKeyUsage: ["serverAuth"],
      },
    },
  });
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text.encode(`${head}.${body}`));
  return `${head}.${body}.${base64url(signature)}`;
}

// Has the browser save *content* as a file.
export function download(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
