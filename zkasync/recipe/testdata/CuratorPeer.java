import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.queue.DistributedDelayQueue;
import org.apache.curator.framework.recipes.queue.DistributedIdQueue;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.MultiItem;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryNTimes;

/** A process with a Curator client, with the commands of kazoo_peer.py. Usage: CuratorPeer SERVERS */
public class CuratorPeer {
    interface Held { void release() throws Exception; }

    static CuratorFramework client;
    static final Map<String, Held> held = new HashMap<>();
    static final Map<String, DistributedDoubleBarrier> doubles = new HashMap<>();

    public static void main(String[] args) throws Exception {
        client = CuratorFrameworkFactory.newClient(args[0], 4000, 10000, new RetryNTimes(100, 50));
        client.start();
        client.blockUntilConnected();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            try {
                System.out.println(run(words));
            } catch (Exception e) {
                System.out.println("error " + e);
            }
        }
        client.close();
        System.exit(0);
    }

    static String run(String[] words) throws Exception {
        switch (words[0]) {
            case "acquire":
                return acquire(words[1], words[2], words[3], Long.parseLong(words[4]));
            case "release":
                held.remove(words[1]).release();
                return "released";
            case "add":
                return add(words[1], words[2], Long.parseLong(words[3]));
            case "barrier":
                DistributedBarrier barrier = new DistributedBarrier(client, words[2]);
                switch (words[1]) {
                    case "set": barrier.setBarrier(); break;
                    case "remove": barrier.removeBarrier(); break;
                    default: barrier.waitOnBarrier();
                }
                return "done";
            case "double":
                DistributedDoubleBarrier both = doubles.computeIfAbsent(words[2],
                    path -> new DistributedDoubleBarrier(client, path, Integer.parseInt(words[3])));
                if (words[1].equals("enter")) {
                    both.enter();
                } else {
                    both.leave();
                }
                return "done";
            case "put":
                return put(words[1], words[2], Integer.parseInt(words[3]), words);
            case "putat": // in so many milliseconds
                DistributedDelayQueue<byte[]> delayed = builder(null, words[1]).lockPath(words[1] + "-locks").buildDelayQueue();
                delayed.start();
                delayed.put(words[3].getBytes(), System.currentTimeMillis() + Long.parseLong(words[2]));
                delayed.close();
                return "done";
            case "putid":
                DistributedIdQueue<byte[]> named = builder(null, words[1]).lockPath(words[1] + "-locks").buildIdQueue();
                named.start();
                named.put(words[3].getBytes(), words[2]);
                named.close();
                return "done";
            case "removeid":
                DistributedIdQueue<byte[]> remover = builder(null, words[1]).lockPath(words[1] + "-locks").buildIdQueue();
                remover.start();
                int removed = remover.remove(words[2]);
                remover.close();
                return "" + removed;
            case "offer":
                new SimpleDistributedQueue(client, words[1]).offer(words[2].getBytes());
                return "done";
            case "poll":
                byte[] polled = new SimpleDistributedQueue(client, words[1]).poll(Long.parseLong(words[2]), TimeUnit.MILLISECONDS);
                return polled == null ? "timeout" : new String(polled);
            case "take":
                byte[] value = consumers.computeIfAbsent(words[1], handle -> new Consumer(words[2], words[3]))
                    .taken.poll(Long.parseLong(words[4]), TimeUnit.MILLISECONDS);
                return value == null ? "timeout" : new String(value);
            case "consume":
            case "requeue":
                consumers.get(words[1]).verdicts.put(words[0].equals("consume"));
                return "done";
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    static String acquire(String handle, String kind, String path, long milliseconds) throws Exception {
        if (kind.equals("election")) {
            LeaderLatch latch = new LeaderLatch(client, path, "curator");
            latch.start();
            if (!latch.await(milliseconds, TimeUnit.MILLISECONDS)) {
                latch.close();
                return "timeout";
            }
            held.put(handle, latch::close);
            return "got";
        }
        if (kind.startsWith("semaphore")) {
            Lease lease = new InterProcessSemaphoreV2(client, path, Integer.parseInt(kind.substring(9)))
                .acquire(milliseconds, TimeUnit.MILLISECONDS);
            if (lease == null) {
                return "timeout";
            }
            held.put(handle, lease::close);
            return "got";
        }
        InterProcessLock lock = lock(kind, path);
        if (!lock.acquire(milliseconds, TimeUnit.MILLISECONDS)) {
            return "timeout";
        }
        held.put(handle, lock::release);
        return "got";
    }

    static InterProcessLock lock(String kind, String path) {
        switch (kind) {
            case "mutex":
            case "selector":
                return new InterProcessMutex(client, path);
            case "read":
                return new InterProcessReadWriteLock(client, path).readLock();
            default:
                return new InterProcessReadWriteLock(client, path).writeLock();
        }
    }

    static String add(String encoding, String path, long delta) throws Exception {
        if (encoding.equals("int64")) {
            return "" + new DistributedAtomicLong(client, path, new RetryNTimes(100, 10)).add(delta).postValue();
        }
        SharedCount count = new SharedCount(client, path, 0);
        count.start();
        int sum = count.getCount() + (int) delta;
        count.setCount(sum);
        count.close();
        return "" + sum;
    }

    static final Map<String, Consumer> consumers = new HashMap<>();

    /** A consumer of a queue that takes one item after the other, and waits for a command before it is done with it. */
    static class Consumer implements QueueConsumer<byte[]> {
        final LinkedBlockingQueue<byte[]> taken = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<Boolean> verdicts = new LinkedBlockingQueue<>();

        Consumer(String kind, String path) {
            try {
                if (kind.equals("delay")) {
                    builder(this, path).lockPath(path + "-locks").buildDelayQueue().start();
                } else if (kind.equals("id")) {
                    builder(this, path).lockPath(path + "-locks").buildIdQueue().start();
                } else if (kind.equals("priority")) {
                    builder(this, path).lockPath(path + "-locks").buildPriorityQueue(0).start();
                } else if (kind.equals("locking")) {
                    builder(this, path).lockPath(path + "-locks").buildQueue().start();
                } else {
                    builder(this, path).buildQueue().start();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override public void consumeMessage(byte[] message) throws Exception {
            taken.put(message);
            if (!verdicts.take()) {
                throw new Exception("to be taken again");
            }
        }

        @Override public void stateChanged(CuratorFramework client, ConnectionState state) { }
    }

    static QueueBuilder<byte[]> builder(QueueConsumer<byte[]> consumer, String path) {
        return QueueBuilder.builder(client, consumer, new QueueSerializer<byte[]>() {
            @Override public byte[] serialize(byte[] item) { return item; }
            @Override public byte[] deserialize(byte[] bytes) { return bytes; }
        }, path).putInBackground(false);
    }

    static String put(String kind, String path, int priority, String[] words) throws Exception {
        int[] next = {4};
        MultiItem<byte[]> items = () -> next[0] < words.length ? words[next[0]++].getBytes() : null;
        if (kind.equals("priority")) {
            DistributedPriorityQueue<byte[]> queue = builder(null, path).buildPriorityQueue(0);
            queue.start();
            queue.putMulti(items, priority);
            queue.close();
        } else {
            DistributedQueue<byte[]> queue = builder(null, path).buildQueue();
            queue.start();
            queue.putMulti(items);
            queue.close();
        }
        return "done";
    }
}
