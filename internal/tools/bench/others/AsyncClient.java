import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/**
 * Creates n znodes of 100 bytes below root, reads them once, and then as often as it is told, and deletes them, with Java's
 * asynchronous API, depth of them in flight. Prints what each took, in seconds.
 */
public class AsyncClient {
  interface Start {
    void request(int i);
  }

  static final AtomicReference<String> failure = new AtomicReference<>();
  static Semaphore room;
  static String[] paths;
  static int depth;

  static void done(int rc, String path) {
    if (rc != Code.OK.intValue()) {
      failure.compareAndSet(null, path + ": " + Code.get(rc));
    }
    room.release();
  }

  static void work(String name, int times, Start start) throws Exception {
    long began = System.nanoTime();
    for (int turn = 0; turn < times; turn++) {
      for (int i = 0; i < paths.length; i++) {
        room.acquire();
        start.request(i);
      }
    }
    room.acquire(depth);
    double took = (System.nanoTime() - began) / 1e9;
    room.release(depth);
    if (failure.get() != null) {
      System.err.println(name + ": " + failure.get());
      System.exit(1);
    }
    System.out.println(name + " " + took);
  }

  public static void main(String[] args) throws Exception {
    String root = args[1];
    paths = new String[Integer.parseInt(args[2])];
    depth = Integer.parseInt(args[3]);
    room = new Semaphore(depth);
    CountDownLatch connected = new CountDownLatch(1);
    ZooKeeper zk = new ZooKeeper(args[0], 30000, e -> {
      if (e.getState() == KeeperState.SyncConnected) {
        connected.countDown();
      }
    });
    connected.await();
    zk.create(root, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    for (int i = 0; i < paths.length; i++) {
      paths[i] = String.format("%s/%07d", root, i);
    }
    byte[] data = new byte[100];
    work("create", 1, i -> zk.create(paths[i], data, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT, (rc, p, c, s) -> done(rc, p), null));
    for (int times : new int[] {1, Integer.parseInt(args[4])}) {
      work("get", times, i -> zk.getData(paths[i], false, (rc, p, c, d, s) -> done(rc, p), null));
    }
    work("delete", 1, i -> zk.delete(paths[i], -1, (rc, p, c) -> done(rc, p), null));
    zk.delete(root, -1);
    zk.close();
  }
}
