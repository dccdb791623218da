import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/**
 * Drives Apache's own client through a recording proxy, one request at a time, in the order of the
 * cases in golden_cases_test.go. The proxy closes the connection where a case says so; this program
 * then waits for the reconnect.
 */
public class Capture {
    private static final int SESSION_TIMEOUT_MS = 10_000;
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;
    private static final Semaphore connects = new Semaphore(0);

    public static void main(String[] args) throws Exception {
        operations(args[0]);
        watches(args[0]);
    }

    private static ZooKeeper connect(String address) throws Exception {
        ZooKeeper zk = new ZooKeeper(address, SESSION_TIMEOUT_MS, event -> {
            if (event.getType() == Watcher.Event.EventType.None && event.getState() == KeeperState.SyncConnected) {
                connects.release();
            }
        });
        awaitConnect();
        return zk;
    }

    private static void awaitConnect() throws Exception {
        if (!connects.tryAcquire(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no session after 30 s");
        }
    }

    private static byte[] bytes(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void mustFail(KeeperException.Code code, Call call) throws Exception {
        try {
            call.run();
        } catch (KeeperException e) {
            if (e.code() == code) {
                return;
            }
            throw e;
        }
        throw new IllegalStateException("no " + code);
    }

    private static void operations(String address) throws Exception {
        ZooKeeper zk = connect(address);
        Stat stat = new Stat();
        zk.create("/golden", bytes("hello"), OPEN, CreateMode.PERSISTENT);
        zk.create("/golden/null", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/golden/seq-", bytes("e"), OPEN, CreateMode.EPHEMERAL_SEQUENTIAL, stat);
        zk.create("/golden/container", new byte[0], OPEN, CreateMode.CONTAINER, stat);
        zk.create("/golden/ttl", bytes("t"), OPEN, CreateMode.PERSISTENT_WITH_TTL, stat, 3_600_000);
        mustFail(KeeperException.Code.NODEEXISTS,
            () -> zk.create("/golden", bytes("again"), OPEN, CreateMode.PERSISTENT, new Stat()));
        zk.exists("/golden", false);
        zk.exists("/golden/none", false);
        zk.getData("/golden", false, stat);
        zk.getData("/golden/null", false, stat);
        zk.getData("/golden/container", event -> { }, stat);
        zk.setData("/golden/container", bytes("héllo"), 0);
        mustFail(KeeperException.Code.BADVERSION, () -> zk.setData("/golden", bytes("x"), 9));
        zk.getChildren("/golden", false, stat);
        zk.getChildren("/golden/null", false);
        zk.getACL("/golden", stat);
        zk.addAuthInfo("digest", bytes("golden:secret"));
        zk.setACL("/golden/null",
            Arrays.asList(new ACL(Perms.ALL, new Id("auth", "")), new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE)), 0);
        zk.getACL("/golden/null", stat);
        CountDownLatch synced = new CountDownLatch(1);
        zk.sync("/golden", (rc, path, ctx) -> synced.countDown(), null);
        synced.await();
        zk.multi(Arrays.asList(
            Op.check("/golden", 0),
            Op.create("/golden/a", bytes("a"), OPEN, CreateMode.PERSISTENT),
            Op.create("/golden/b", bytes("b"), OPEN, CreateMode.CONTAINER),
            Op.setData("/golden/a", bytes("aa"), 0),
            Op.delete("/golden/b", -1)));
        mustFail(KeeperException.Code.BADVERSION, () -> zk.multi(Arrays.asList(
            Op.setData("/golden/a", bytes("never"), -1),
            Op.check("/golden", 99),
            Op.delete("/golden/a", -1))));
        mustFail(KeeperException.Code.NOTEMPTY, () -> zk.delete("/golden", -1));
        zk.delete("/golden/a", 1);
        zk.close();
    }

    private static void watches(String address) throws Exception {
        ZooKeeper zk = connect(address);
        Stat stat = new Stat();
        Watcher ignore = event -> { };
        zk.getData("/golden", ignore, stat);
        zk.exists("/golden/none", ignore);
        zk.getChildren("/golden", ignore, stat); // the proxy drops the connection
        awaitConnect(); // has sent the watches again
        zk.addWatch("/golden/null", ignore, AddWatchMode.PERSISTENT);
        zk.addWatch("/golden/ttl", ignore, AddWatchMode.PERSISTENT_RECURSIVE); // and again
        awaitConnect();
        zk.setData("/golden", bytes("changed"), -1);
        zk.create("/golden/none", bytes("n"), OPEN, CreateMode.PERSISTENT);
        zk.removeWatches("/golden/null", ignore, Watcher.WatcherType.Any, false); // asks with checkWatches only
        zk.removeAllWatches("/golden/ttl", Watcher.WatcherType.Any, false);
        zk.close();
    }
}
