import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/** What a program does with Curator, against the server that the argument names: it prints "ok", or fails. */
public class CuratorClient {
	static void need(boolean ok, String what) {
		if (!ok) throw new IllegalStateException(what);
	}

	static CuratorFramework open(String servers) throws Exception {
		CuratorFramework c = CuratorFrameworkFactory.newClient(servers, 10000, 10000, new RetryOneTime(100));
		c.start();
		need(c.blockUntilConnected(20, TimeUnit.SECONDS), "connect");
		return c;
	}

	public static void main(String[] args) throws Exception {
		CuratorFramework a = open(args[0]), b = open(args[0]);
		a.create().creatingParentsIfNeeded().forPath("/app/config", "1".getBytes());
		CountDownLatch changed = new CountDownLatch(1);
		CuratorCache cache = CuratorCache.build(b, "/app");
		cache.listenable().addListener((type, before, after) -> {
			if (after != null && after.getPath().equals("/app/config") && new String(after.getData()).equals("2")) changed.countDown();
		});
		cache.start();
		a.setData().withVersion(0).forPath("/app/config", "2".getBytes());
		need(changed.await(20, TimeUnit.SECONDS), "the cache does not follow");
		String path = a.create().withProtection().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/app/m-");
		need(b.checkExists().forPath(path) != null, path);
		InterProcessMutex mine = new InterProcessMutex(a, "/app/lock"), other = new InterProcessMutex(b, "/app/lock");
		mine.acquire();
		need(!other.acquire(200, TimeUnit.MILLISECONDS), "the lock is had twice");
		mine.release();
		need(other.acquire(20, TimeUnit.SECONDS), "the lock is not to be had");
		other.release();
		DistributedAtomicLong n = new DistributedAtomicLong(a, "/app/n", new RetryOneTime(10));
		need(n.add(3L).succeeded() && n.get().postValue() == 3, "count");
		LeaderLatch latch = new LeaderLatch(a, "/app/leader", "a");
		latch.start();
		need(latch.await(20, TimeUnit.SECONDS), "nobody leads");
		latch.close();
		try {
			a.transaction().forOperations(a.transactionOp().create().forPath("/app/t"), a.transactionOp().delete().forPath("/app/none"));
			need(false, "the transaction succeeds");
		} catch (KeeperException.NoNodeException e) {
			need(a.checkExists().forPath("/app/t") == null, "a part of it was done");
		}
		a.close();
		need(b.checkExists().forPath(path) == null, "the ephemeral znode is left");
		cache.close();
		b.close();
		System.out.println("ok");
	}
}
