import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests of one connection that may wait for the reply to the one before. */
const mostWaiting = 8;

/**
 * Has each connection take the reply to one request before the next is looked at: thousands of requests fit into a
 * packet, and their replies would all be held in memory for a reader that takes none. Who sends too many ahead is cut off.
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
