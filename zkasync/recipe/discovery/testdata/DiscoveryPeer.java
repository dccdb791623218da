import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.x.discovery.ServiceCache;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceInstanceBuilder;
import org.apache.curator.x.discovery.ServiceProvider;
import org.apache.curator.x.discovery.ServiceType;
import org.apache.curator.x.discovery.UriSpec;
import org.apache.curator.x.discovery.details.JsonInstanceSerializer;

/**
 * A process with Curator's service discovery, below /services. Usage: DiscoveryPeer SERVERS
 *
 * Each line of input is a command, and gets one line of output. FIELDS are name, id, address, port, sslPort, payload, time, type and uri, "-"
 * where there is nothing; a payload is text, a whole number, or pairs as a=b,c=d.
 *   register FIELDS     done
 *   update FIELDS       done
 *   unregister FIELDS   done
 *   names               the names of all services
 *   list NAME           the instances of a service, each as ServiceInstance.toString has it, with its URI
 *   follow NAME         done; a cache of the service is kept
 *   seen NAME           what that cache holds, as list has it
 *   provide NAME        the address of an instance
 *   same NAME ID        same, if Curator would write the znode's data with the same bytes, or else what it would write
 */
public class DiscoveryPeer {
    static final String BASE = "/services";
    static CuratorFramework client;
    static ServiceDiscovery<Object> discovery;
    static final JsonInstanceSerializer<Object> serializer = new JsonInstanceSerializer<>(Object.class);
    static final Map<String, ServiceCache<Object>> caches = new HashMap<>();
    static final Map<String, ServiceProvider<Object>> providers = new HashMap<>();

    public static void main(String[] args) throws Exception {
        client = CuratorFrameworkFactory.newClient(args[0], 4000, 10000, new RetryNTimes(100, 50));
        client.start();
        client.blockUntilConnected();
        discovery = ServiceDiscoveryBuilder.builder(Object.class).client(client).basePath(BASE).build();
        discovery.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                System.out.println(run(line.split(" ")));
            } catch (Exception e) {
                System.out.println("error " + e);
            }
        }
        discovery.close();
        client.close();
        System.exit(0);
    }

    static String run(String[] words) throws Exception {
        switch (words[0]) {
            case "register":
                discovery.registerService(instance(words));
                return "done";
            case "update":
                discovery.updateService(instance(words));
                return "done";
            case "unregister":
                discovery.unregisterService(instance(words));
                return "done";
            case "names":
                return String.join(" ", new TreeSet<>(discovery.queryForNames()));
            case "list":
                return show(discovery.queryForInstances(words[1]));
            case "follow":
                ServiceCache<Object> cache = discovery.serviceCacheBuilder().name(words[1]).build();
                cache.start();
                caches.put(words[1], cache);
                return "done";
            case "seen":
                return show(caches.get(words[1]).getInstances());
            case "provide":
                ServiceProvider<Object> provider = providers.get(words[1]);
                if (provider == null) {
                    provider = discovery.serviceProviderBuilder().serviceName(words[1]).build();
                    provider.start();
                    providers.put(words[1], provider);
                }
                ServiceInstance<Object> one = provider.getInstance();
                return one == null ? "none" : one.getAddress();
            case "same":
                byte[] data = client.getData().forPath(BASE + "/" + words[1] + "/" + words[2]);
                byte[] written = serializer.serialize(serializer.deserialize(data));
                return Arrays.equals(data, written) ? "same" : new String(written, "UTF-8");
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    static ServiceInstance<Object> instance(String[] w) throws Exception {
        ServiceInstanceBuilder<Object> b = ServiceInstance.builder();
        b.name(w[1]).id(w[2]).address(orNull(w[3])).payload(payload(w[6]));
        b.registrationTimeUTC(Long.parseLong(w[7])).serviceType(ServiceType.valueOf(w[8]));
        if (!w[4].equals("-")) {
            b.port(Integer.parseInt(w[4]));
        }
        if (!w[5].equals("-")) {
            b.sslPort(Integer.parseInt(w[5]));
        }
        if (!w[9].equals("-")) {
            b.uriSpec(new UriSpec(w[9]));
        }
        return b.build();
    }

    static String orNull(String word) {
        return word.equals("-") ? null : word;
    }

    static Object payload(String word) {
        if (word.matches("[0-9]+")) {
            return Integer.parseInt(word);
        }
        if (!word.contains("=")) {
            return orNull(word);
        }
        Map<String, String> pairs = new TreeMap<>();
        for (String pair : word.split(",")) {
            pairs.put(pair.split("=")[0], pair.split("=")[1]);
        }
        return pairs;
    }

    static String show(Collection<ServiceInstance<Object>> all) {
        return all.stream().map(i -> i + " " + i.buildUriSpec()).map(s -> s.replaceAll("uriSpec=[^,]*, ", "")).sorted()
            .collect(Collectors.joining(" "));
    }
}
