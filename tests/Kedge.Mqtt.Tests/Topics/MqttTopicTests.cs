using Kedge.Mqtt.Tests.Support;
using Kedge.Mqtt.Topics;

namespace Kedge.Mqtt.Tests.Topics;

public sealed class MqttTopicTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("/", true)]
    [InlineData("//", true)]
    [InlineData("a b/ü/\ufeff", true)]
    [InlineData("$SYS/x", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("#", false)]
    [InlineData("a\0", false)]
    [Spec("MQTT-4.7.0-1")]
    [Spec("MQTT-4.7.3-1")]
    [Spec("MQTT-4.7.3-2")]
    public void A_topic_name_is_text_without_wildcards(string topic, bool isValid) =>
        Assert.Equal(isValid, MqttTopic.IsName(topic));

    [Theory]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("+/+/#", true)]
    [InlineData("/+", true)]
    [InlineData("a/#", true)]
    [InlineData("a/+/b", true)]
    [InlineData("", false)]
    [InlineData("a#", false)]
    [InlineData("a/#/", false)]
    [InlineData("#/a", false)]
    [InlineData("a+", false)]
    [InlineData("+a/b", false)]
    [InlineData("a/b+/c", false)]
    [InlineData("##", false)]
    [Spec("MQTT-4.7.1-1")]
    [Spec("MQTT-4.7.1-2")]
    [Spec("MQTT-4.7.3-1")]
    public void A_wildcard_fills_a_level_and_the_hash_is_last(string filter, bool isValid) =>
        Assert.Equal(isValid, MqttTopic.IsFilter(filter));

    [Fact]
    [Spec("MQTT-4.7.3-3")]
    public void No_topic_is_longer_than_65535_bytes_of_utf_8()
    {
        Assert.True(MqttTopic.IsName(new string('a', 65_535)));
        Assert.False(MqttTopic.IsName(new string('a', 65_536)));
        Assert.True(MqttTopic.IsFilter(new string('ü', 32_767)));
        Assert.False(MqttTopic.IsFilter(new string('ü', 32_768)));
    }

    public static TheoryData<string, string, bool> Matches => new()
    {
        { "a/b", "a/b", true },
        { "a/b", "a/B", false },
        { "a/b", "a/b/c", false },
        { "a/b/c", "a/b", false },
        { "a/#", "a", true },
        { "a/#", "a/b/c", true },
        { "a/#", "ab", false },
        { "#", "a/b", true },
        { "#", "/", true },
        { "+", "a", true },
        { "+", "a/b", false },
        { "+", "/a", false },
        { "+/+", "/a", true },
        { "/+", "/a", true },
        { "a/+", "a/", true },
        { "a/+", "a", false },
        { "a/+/c", "a/b/c", true },
        { "a/+/c", "a/b/d", false },
        { "a/+/#", "a/b", true },
        { "#", "$SYS/x", false },
        { "+/x", "$SYS/x", false },
        { "$SYS/#", "$SYS/x", true },
        { "$SYS/+", "$SYS/x", true },
        { "\u00e9", "e\u0301", false },
        { "kedge/v1/+/+/reported", "kedge/v1/default/press-1/reported", true },
    };

    [Theory]
    [MemberData(nameof(Matches))]
    [Spec("MQTT-4.7.2-1")]
    [Spec("MQTT-4.7.3-4")]
    public void A_filter_matches_level_by_level(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, MqttTopic.Matches(filter, topic));
        var tree = new MqttTopicTree<string, int>(100);
        Assert.True(tree.TryAdd(filter, "me", 1));
        var found = new List<KeyValuePair<string, int>>();
        tree.Find(topic, found);
        Assert.Equal(matches ? 1 : 0, found.Count);
    }
}
