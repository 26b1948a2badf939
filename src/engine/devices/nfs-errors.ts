/**
 * What an NFS call came back with, as rows carry it in column `nfs.error`; anything but NFS_OK only
 * between the mount and the server. Names of RFC 1813 and RFC 8881.
 */
export const NFS_OK = 0;
/** The server's file system is full (ENOSPC). */
export const NFS_NOSPC = 1;
/** The export is read-only (EROFS). */
export const NFS_ROFS = 2;
/** The file handle means nothing to the server any more (ESTALE). */
export const NFS_STALE = 3;
/** NFS 4.1: the server does not know the session: it has restarted. */
export const NFS_BADSESSION = 4;
/** NFS 4.1: until clients have claimed again what they had, nothing else is served. */
export const NFS_GRACE = 5;
