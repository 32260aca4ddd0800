using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Tests.Support;

namespace Kedge.Mqtt.Tests.Codec;

public sealed class WriterTests
{
    public static TheoryData<MqttPacket> Forbidden => new()
    {
        new MqttPacket.Publish { Topic = "a/#" },
        new MqttPacket.Publish { Topic = "" },
        new MqttPacket.Publish { Topic = "a\0" },
        new MqttPacket.Publish { Topic = "half \ud800 pair" },
        new MqttPacket.Publish { Topic = new string('a', 70_000) },
        new MqttPacket.Publish { Topic = "a", Qos = MqttQos.AtLeastOnce },
        new MqttPacket.Publish { Topic = "a", PacketId = 1 },
        new MqttPacket.Publish { Topic = "a", Duplicate = true },
        new MqttPacket.Publish { Topic = "a", Qos = (MqttQos)3, PacketId = 1 },
        new MqttPacket.Publish { Topic = "a", Properties = new MqttProperties { TopicAlias = 0 } },
        new MqttPacket.Publish { Topic = "a", Properties = new MqttProperties { ReasonString = "no" } },
        new MqttPacket.Publish { Topic = "a", Properties = new MqttProperties { ResponseTopic = "+" } },
        new MqttPacket.Publish { Topic = "a", Properties = new MqttProperties { SubscriptionIdentifiers = [0] } },
        new MqttPacket.Publish
        {
            Topic = "a",
            Properties = new MqttProperties { SubscriptionIdentifiers = [1u << 28] },
        },
        new MqttPacket.Subscribe(1, []),
        new MqttPacket.Subscribe(0, [new MqttSubscription("a", MqttQos.AtMostOnce)]),
        new MqttPacket.Subscribe(1, [new MqttSubscription("a+", MqttQos.AtMostOnce)]),
        new MqttPacket.Subscribe(1, [new MqttSubscription("$share/g/a", MqttQos.AtMostOnce) { NoLocal = true }]),
        new MqttPacket.Subscribe(1, [new MqttSubscription("a", MqttQos.AtMostOnce)])
        {
            Properties = new MqttProperties { SubscriptionIdentifiers = [1, 2] },
        },
        new MqttPacket.Unsubscribe(1, []),
        new MqttPacket.SubAck(1, [MqttReasonCode.Banned]),
        new MqttPacket.UnsubAck(1, []),
        new MqttPacket.PubAck(1, MqttReasonCode.Banned),
        new MqttPacket.PubRel(1, MqttReasonCode.NotAuthorized),
        new MqttPacket.ConnAck(MqttReasonCode.KeepAliveTimeout),
        new MqttPacket.ConnAck(MqttReasonCode.Banned) { SessionPresent = true },
        new MqttPacket.ConnAck(MqttReasonCode.Success)
        {
            Properties = new MqttProperties { MaximumQos = MqttQos.ExactlyOnce },
        },
        new MqttPacket.Disconnect(MqttReasonCode.GrantedQos1),
        new MqttPacket.Auth(MqttReasonCode.Banned),
        new MqttPacket.PingReq { Properties = new MqttProperties { ReasonString = "x" } },
        new MqttPacket.Connect { Will = new MqttWill { Topic = "#" } },
        new MqttPacket.Connect { Properties = new MqttProperties { ReceiveMaximum = 0 } },
        new MqttPacket.Connect { Properties = new MqttProperties { PacketBytesMax = 0 } },
        new MqttPacket.Connect { Properties = new MqttProperties { AuthenticationData = new byte[1] } },
        new MqttPacket.Connect { Password = new byte[70_000] },
        new MqttPacket.Connect { Version = MqttVersion.Unknown },
        new MqttPacket.Connect { Version = MqttVersion.V311, CleanStart = false },
        new MqttPacket.Connect { Version = MqttVersion.V311, Password = new byte[1] },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    [Spec("MQTT-1.5.4-1")]
    [Spec("MQTT-1.5.4-2")]
    [Spec("MQTT-2.2.1-2")]
    [Spec("MQTT-3.3.1-4")]
    [Spec("MQTT-3.3.2-8")]
    [Spec("MQTT-3.8.3-2")]
    [Spec("MQTT-3.10.3-2")]
    [Spec("MQTT-4.7.3-3")]
    public void What_the_standard_forbids_is_refused_and_leaves_no_byte(MqttPacket packet) =>
        Assert.Equal(MqttReasonCode.ProtocolError, Codecs.Refusal(packet)?.Reason);

    [Fact]
    [Spec("MQTT-3.2.2-19")]
    [Spec("MQTT-3.2.2-20")]
    [Spec("MQTT-3.4.2-2")]
    [Spec("MQTT-3.4.2-3")]
    [Spec("MQTT-3.5.2-2")]
    [Spec("MQTT-3.5.2-3")]
    [Spec("MQTT-3.6.2-2")]
    [Spec("MQTT-3.6.2-3")]
    [Spec("MQTT-3.7.2-2")]
    [Spec("MQTT-3.7.2-3")]
    [Spec("MQTT-3.9.2-1")]
    [Spec("MQTT-3.9.2-2")]
    [Spec("MQTT-3.11.2-1")]
    [Spec("MQTT-3.11.2-2")]
    [Spec("MQTT-3.14.2-3")]
    [Spec("MQTT-3.14.2-4")]
    [Spec("MQTT-3.15.2-2")]
    [Spec("MQTT-3.15.2-3")]
    public void An_answer_that_would_be_too_large_loses_its_reason_string_then_its_user_properties()
    {
        var properties = new MqttProperties
        {
            ReasonString = new string('r', 50),
            UserProperties = [new MqttUserProperty("name", new string('v', 50))],
        };
        MqttPacket[] answers =
        [
            new MqttPacket.ConnAck(MqttReasonCode.Banned), new MqttPacket.PubAck(1, MqttReasonCode.NotAuthorized),
            new MqttPacket.PubRec(1, MqttReasonCode.NotAuthorized),
            new MqttPacket.PubRel(1, MqttReasonCode.PacketIdentifierNotFound),
            new MqttPacket.PubComp(1, MqttReasonCode.PacketIdentifierNotFound),
            new MqttPacket.SubAck(1, [MqttReasonCode.NotAuthorized]),
            new MqttPacket.UnsubAck(1, [MqttReasonCode.NotAuthorized]),
            new MqttPacket.Disconnect(MqttReasonCode.ServerBusy), new MqttPacket.Auth(MqttReasonCode.Success),
        ];
        foreach (MqttPacket answer in answers)
        {
            MqttPacket full = answer with { Properties = properties };
            Assert.Equal(PacketText.Of(full), PacketText.Of(WrittenWithin(full, 200)));
            Assert.Equal(
                PacketText.Of(answer with { Properties = properties with { ReasonString = null } }),
                PacketText.Of(WrittenWithin(full, 100)));
            Assert.Equal(PacketText.Of(answer), PacketText.Of(WrittenWithin(full, 20)));
        }
    }

    [Fact]
    public void On_3_1_1_properties_and_reasons_have_no_place()
    {
        var answer = new MqttPacket.PubAck(1, MqttReasonCode.NotAuthorized)
        {
            Properties = new MqttProperties { ReasonString = "no" },
        };
        Assert.Equal("40020001", Convert.ToHexString(Codecs.Write(answer, MqttVersion.V311)));
        Assert.NotNull(Codecs.Refusal(new MqttPacket.Auth(MqttReasonCode.Success), MqttVersion.V311));
    }

    private static MqttPacket WrittenWithin(MqttPacket packet, uint bytesMax)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        Assert.Null(MqttWriter.Write(output, packet, MqttVersion.V5, bytesMax));
        Assert.True(output.WrittenCount <= bytesMax);
        return Codecs.Read(output.WrittenSpan.ToArray(), MqttVersion.V5);
    }
}
