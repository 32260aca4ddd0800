using FsCheck;
using FsCheck.Fluent;
using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Tests.Topics;

public sealed class MqttTopicTreeTests
{
    private static readonly Gen<string> Levels = Gen.Elements("a", "b", "", "$s");

    private static readonly Gen<string> Names =
        Levels.NonEmptyListOf().Where(levels => levels.Count < 6 && (levels.Count > 1 || levels[0] != ""))
            .Select(levels => string.Join('/', levels));

    private static readonly Gen<string> Filters =
        from name in Names
        from marks in Gen.Choose(0, 2).ListOf(6)
        from hash in Gen.Elements(true, false)
        select string.Join('/', name.Split('/').Select((level, index) => marks[index] == 0 ? "+" : level))
            + (hash ? "/#" : "");

    [Fact]
    [Spec("MQTT-3.10.4-1")]
    [Spec("MQTT-3.10.4-2")]
    [Spec("MQTT-4.7.3-4")]
    public void The_tree_finds_just_what_matches_filter_by_filter_and_forgets_what_is_removed() =>
        Prop.ForAll(
            Filters.ListOf().ToArbitrary(), Filters.ListOf().ToArbitrary(), Names.NonEmptyListOf().ToArbitrary(),
            (kept, removed, topics) =>
            {
                var tree = new MqttTopicTree<string, int>(10_000);
                foreach (string filter in kept.Concat(removed))
                {
                    Assert.True(tree.TryAdd(filter, filter, 1));
                }

                HashSet<string> rest = [.. kept.Concat(removed)];
                foreach (string filter in removed)
                {
                    Assert.Equal(rest.Remove(filter), tree.Remove(filter, filter));
                }

                foreach (string topic in topics)
                {
                    var found = new List<KeyValuePair<string, int>>();
                    tree.Find(topic, found);
                    Assert.Equal(
                        rest.Where(filter => MqttTopic.Matches(filter, topic)).Order(StringComparer.Ordinal),
                        found.Select(pair => pair.Key).Order(StringComparer.Ordinal));
                }

                foreach (string filter in rest)
                {
                    Assert.True(tree.Remove(filter, filter));
                }

                Assert.Equal(0, tree.NodeCount);
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_full_tree_refuses_and_is_not_changed()
    {
        var tree = new MqttTopicTree<int, int>(nodesMax: 3);
        Assert.True(tree.TryAdd("a/b", 1, 0));
        Assert.False(tree.TryAdd("a/c/d", 1, 0));
        Assert.Equal(2, tree.NodeCount);
        Assert.True(tree.TryAdd("a/c", 1, 0));
        Assert.True(tree.TryAdd("a/b", 2, 0));
        Assert.False(tree.TryAdd("x", 1, 0));
    }

    [Fact]
    public void A_filter_of_too_many_levels_is_refused() =>
        Assert.False(new MqttTopicTree<int, int>(1000).TryAdd(string.Join('/', Enumerable.Repeat("a", 33)), 1, 0));

    [Fact]
    [Spec("MQTT-3.8.4-3")]
    public void The_same_filter_of_the_same_subscriber_is_replaced()
    {
        var tree = new MqttTopicTree<string, int>(10);
        tree.TryAdd("a", "me", 0);
        tree.TryAdd("a", "me", 1);
        var found = new List<KeyValuePair<string, int>>();
        tree.Find("a", found);
        Assert.Equal(1, Assert.Single(found).Value);
    }
}
