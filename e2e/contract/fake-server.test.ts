import { FakeServer, fakeToken } from '@tablo/client/chat/testing/fake-server';
import { describeServer } from './server-contract.ts';

describeServer('The fake server', async () => {
  const server = new FakeServer();
  await server.start();
  return {
    url: server.url,
    tokenOf: (user) => fakeToken(user),
    addTablo: async (name, members) => server.addTablo(name, members).id,
    moveEpoch: async (id) => {
      const tablo = server.tablos.get(id);
      if (tablo !== undefined) server.moveEpoch(tablo);
    },
    close: () => server.stop(),
  };
});
