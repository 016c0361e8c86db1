import { connect, type Socket } from "node:net";

/** Bytes to a service as they are, and what came back by the time the connection was closed. */
export async function exchange(
  origin: string,
  request: string,
  onConnected?: (socket: Socket) => void,
): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
    socket.write(request);
    onConnected?.(socket);
  });
  let received = "";
  for await (const chunk of socket) received += String(chunk);
  socket.destroy();
  return received;
}
