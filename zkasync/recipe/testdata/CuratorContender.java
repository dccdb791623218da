import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/** A process like kazoo_contender.py, with Curator. Usage: CuratorContender SERVERS PATH REGISTER SECONDS */
public class CuratorContender {
    /** A mutex that tells its znode. */
    static class Mutex extends InterProcessMutex {
        Mutex(CuratorFramework client, String path) { super(client, path); }
        String node() { return getLockPath(); }
    }

    static CuratorFramework client;
    static final AtomicLong suspended = new AtomicLong(); // when the connection was lost first in the present turn, 0: it was not

    public static void main(String[] args) throws Exception {
        System.setProperty("zookeeper.request.timeout", "20000"); // ms
        connect(args[0]);
        long ends = now() + Long.parseLong(args[3]) * 1_000_000_000L;
        for (boolean last = false; !last; ) {
            last = now() > ends;
            try {
                last = turn(args[1], args[2]) && last;
            } catch (KeeperException.RequestTimeoutException e) { // Java's client sometimes forgets a request when it is cut
                last = false;
                client.close();
                connect(args[0]);
            } catch (Exception e) {
                last = false;
                Thread.sleep(100);
            }
            Thread.sleep(20);
        }
        client.close();
        System.out.println("done");
        System.exit(0);
    }

    static void connect(String servers) throws Exception {
        client = CuratorFrameworkFactory.newClient(servers, 4000, 4000, new RetryNTimes(20, 100));
        client.getConnectionStateListenable().addListener((c, state) -> {
            if (state == ConnectionState.SUSPENDED || state == ConnectionState.LOST) {
                suspended.compareAndSet(0, now());
            }
        });
        client.start();
        client.blockUntilConnected();
    }

    static long now() {
        Instant t = Instant.now();
        return t.getEpochSecond() * 1_000_000_000L + t.getNano();
    }

    static boolean turn(String path, String register) throws Exception {
        Mutex mutex = new Mutex(client, path);
        if (!mutex.acquire(3, TimeUnit.SECONDS)) {
            return false;
        }
        long start = now(), fence = 0;
        suspended.set(client.getZookeeperClient().isConnected() ? 0 : start);
        try {
            fence = client.checkExists().forPath(mutex.node()).getCzxid();
            for (int i = 0; i < 3; i++) {
                client.transaction().forOperations(
                    client.transactionOp().check().withVersion(-1).forPath(mutex.node()),
                    client.transactionOp().create().withMode(CreateMode.PERSISTENT_SEQUENTIAL)
                        .forPath(register + "/w-", (fence + " Curator").getBytes()));
                Thread.sleep(10);
            }
        } finally {
            long lost = suspended.get(), stop = now();
            System.out.println("held " + fence + " " + start + " " + (lost != 0 ? Math.min(lost, stop) : stop));
            mutex.release();
        }
        return true;
    }
}
