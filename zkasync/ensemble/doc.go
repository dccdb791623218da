// Package ensemble reads and writes the configuration of a ZooKeeper ensemble, as it stands in the znode
// /zookeeper/config, in dynamic configuration files, and in requests for a reconfiguration (ZOOKEEPER-107, since 3.5):
//
//	server.1=zk1.example.org:2888:3888:participant;0.0.0.0:2181
//	server.2=zk2.example.org:2888:3888:participant;0.0.0.0:2181
//	server.3=zk3.example.org:2888:3888:observer;0.0.0.0:2181
//	version=100000003
//
// It imports nothing of the client, which reads the configuration with Client.Config and follows it with
// Client.WatchConfig. All its values are plain and safe for concurrent use as long as nobody changes them.
package ensemble
