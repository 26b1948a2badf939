import { defineFault } from './define.js';

export const backupProxyDown = defineFault({
  name: 'backup-proxy-down',
  summary: "the proxy that reads the backups of a host's machines fails: they end without one",
  target: 'proxy',
  params: {},
  lasting: true,
  inject(proxy) {
    proxy.setProxy(false);
    return () => proxy.setProxy(true);
  },
});
