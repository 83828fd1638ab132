// Requests to the server that gave out this page; all addresses are relative, so that they carry its token.

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function answered(response) {
  if (response.ok) return response;
  let text = response.statusText;
  try {
    const body = await response.text();
    text = body.startsWith("{") ? JSON.parse(body).error : body;
  } catch { /* what came is no text: the status has to do */ }
  throw new Refused(response.status, text);
}

export async function get(path) {
  return (await answered(await fetch(`api/${path}`))).json();
}

export async function post(path, body) {
  const response = await fetch(`api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await answered(response)).json();
}

// A frame of all slices as numbers, one a pixel.
export async function frame(t) {
  const response = await answered(await fetch(`api/frame/${t}`));
  const bytes = await response.arrayBuffer();
  return response.headers.get("X-Bytes-A-Pixel") === "1" ? new Uint8Array(bytes) : new Uint16Array(bytes);
}
