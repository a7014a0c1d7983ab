import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests of one connection that may wait for the reply to the one before. */
const mostWaiting = 8;

/**
 * On each connection the next request is read only after the client has read the reply to the one before: thousands of requests
 * fit into a packet, and their replies would all stay in memory if the client reads none. A client that sends too many requests
 * ahead is disconnected.
 */
export function takeTurns(handle: Handle): Handle {
  const waiting = new WeakMap<Socket, (readonly [request: IncomingMessage, response: ServerResponse])[]>();

  const begin = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    response.once('close', () => {
      const next = waiting.get(socket)?.shift();
      if (!next) waiting.delete(socket);
      else if (!socket.destroyed) begin(...next);
    });
    handle(request, response);
  };

  return (request, response) => {
    const { socket } = request;
    const queue = waiting.get(socket);
    if (!queue) {
      waiting.set(socket, []);
      begin(request, response);
    } else if (queue.length < mostWaiting) queue.push([request, response]);
    else socket.destroy();
  };
}
