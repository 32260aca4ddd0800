using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using static Kedge.Mqtt.Tests.Support.Parties;

namespace Kedge.Mqtt.Tests.Sessions;

/// <summary>What both ends do alike when they send messages; each test runs at both.</summary>
public sealed class SendingTests
{
    private delegate ImmutableArray<MqttEffect> Publish(long token, MqttPacket.Publish message, TimeSpan now);

    private delegate ImmutableArray<MqttEffect> Receive(MqttPacket packet, TimeSpan now);

    public static TheoryData<bool> Ends => [true, false];

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-2.2.1-3")]
    [Spec("MQTT-2.2.1-4")]
    [Spec("MQTT-4.3.2-1")]
    [Spec("MQTT-4.3.2-2")]
    [Spec("MQTT-4.3.2-3")]
    [Spec("MQTT-3.3.1-3")]
    public void A_qos_1_message_gets_an_unused_identifier_and_ends_with_its_puback(bool atClient)
    {
        (Publish publish, Receive receive) = End(atClient, MqttProperties.None);
        var ids = new HashSet<ushort>();
        for (int token = 1; token <= 70_000; token++)
        {
            MqttPacket.Publish sent = publish(token, Message(qos: MqttQos.AtLeastOnce), Start)
                .SingleSent<MqttPacket.Publish>();
            Assert.NotEqual(0, sent.PacketId);
            Assert.False(sent.Duplicate);
            ids.Add(sent.PacketId);
            MqttEffect.PublishDone done = receive(new MqttPacket.PubAck(sent.PacketId, MqttReasonCode.Success), Start)
                .Single<MqttEffect.PublishDone>();
            Assert.Equal(token, done.Token);
        }

        Assert.Equal(65_535, ids.Count);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-4.3.1-1")]
    [Spec("MQTT-3.3.1-2")]
    public void A_qos_0_message_is_done_when_it_is_sent(bool atClient)
    {
        (Publish publish, _) = End(atClient, MqttProperties.None);
        ImmutableArray<MqttEffect> effects = publish(1, Message(), Start);
        MqttPacket.Publish sent = effects.SingleSent<MqttPacket.Publish>();
        Assert.Equal(0, sent.PacketId);
        Assert.False(sent.Duplicate);
        effects.Single<MqttEffect.PublishDone>();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-3.3.4-7")]
    [Spec("MQTT-3.3.4-8")]
    [Spec("MQTT-3.3.4-9")]
    [Spec("MQTT-3.3.4-10")]
    [Spec("MQTT-4.9.0-1")]
    [Spec("MQTT-4.9.0-2")]
    [Spec("MQTT-4.9.0-3")]
    [Spec("MQTT-4.6.0-5")]
    [Spec("MQTT-4.6.0-6")]
    public void The_peers_receive_maximum_is_kept_and_what_waits_leaves_in_order(bool atClient)
    {
        (Publish publish, Receive receive) = End(atClient, new MqttProperties { ReceiveMaximum = 2 });
        var sent = new Queue<MqttPacket.Publish>();
        for (byte token = 1; token <= 5; token++)
        {
            ImmutableArray<MqttEffect> effects =
                publish(token, Message(qos: MqttQos.AtLeastOnce, content: token), Start);
            foreach (MqttPacket.Publish message in effects.Sent().Cast<MqttPacket.Publish>())
            {
                sent.Enqueue(message);
            }
        }

        Assert.Equal(2, sent.Count);
        Assert.Single(publish(99, Message(), Start).Sent());
        Assert.Single(receive(Message(packetId: 40), Start).OfType<MqttEffect.Deliver>());
        for (byte content = 1; content <= 5; content++)
        {
            MqttPacket.Publish first = sent.Dequeue();
            Assert.Equal(content, first.Payload.Span[0]);
            ImmutableArray<MqttEffect> effects =
                receive(new MqttPacket.PubAck(first.PacketId, MqttReasonCode.Success), Start);
            foreach (MqttPacket.Publish message in effects.Sent().Cast<MqttPacket.Publish>())
            {
                sent.Enqueue(message);
            }

            Assert.True(sent.Count <= 2);
        }

        Assert.Empty(sent);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_full_queue_refuses_and_loses_nothing_that_it_took(bool atClient)
    {
        (Publish publish, Receive receive) = End(atClient, new MqttProperties { ReceiveMaximum = 1 });
        MqttPacket.Publish sent = publish(0, Message(qos: MqttQos.AtLeastOnce), Start).SingleSent<MqttPacket.Publish>();
        int taken = 0;
        while (publish(taken + 1, Message(qos: MqttQos.AtLeastOnce), Start) is [])
        {
            taken++;
        }

        Assert.Equal(atClient ? 256 : 64, taken);
        for (int token = 0; token < taken; token++)
        {
            ImmutableArray<MqttEffect> effects =
                receive(new MqttPacket.PubAck(sent.PacketId, MqttReasonCode.Success), Start);
            Assert.Equal(token, effects.Single<MqttEffect.PublishDone>().Token);
            sent = effects.SingleSent<MqttPacket.Publish>();
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-4.4.0-2")]
    public void A_message_that_the_peer_refused_is_done_and_is_not_sent_again(bool atClient)
    {
        (Publish publish, Receive receive) = End(atClient, MqttProperties.None);
        ushort id = publish(1, Message(qos: MqttQos.AtLeastOnce), Start).SingleSent<MqttPacket.Publish>().PacketId;
        var refusal = new MqttPacket.PubAck(id, MqttReasonCode.NotAuthorized)
        {
            Properties = new MqttProperties { ReasonString = "no" },
        };
        ImmutableArray<MqttEffect> effects = receive(refusal, Start);
        Assert.Equal(new MqttEffect.PublishDone(1, MqttReasonCode.NotAuthorized, "no"), Assert.Single(effects));
        receive(refusal, Start).AssertClosed(MqttReasonCode.ProtocolError);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-3.1.2-26")]
    [Spec("MQTT-3.2.2-17")]
    [Spec("MQTT-3.3.2-9")]
    [Spec("MQTT-3.3.2-11")]
    [Spec("MQTT-3.3.2-8")]
    public void Topics_are_shortened_within_the_peers_maximum(bool atClient)
    {
        (Publish publish, _) = End(atClient, new MqttProperties { TopicAliasMaximum = 2 });
        string[] sent = [.. "aabcabc".Select(name =>
        {
            MqttPacket.Publish message = publish(1, Message(name.ToString()), Start).SingleSent<MqttPacket.Publish>();
            return $"{message.Topic}{message.Properties.TopicAlias}";
        })];
        Assert.Equal(["a1", "1", "b2", "c", "1", "2", "c"], sent);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-3.1.2-27")]
    [Spec("MQTT-3.2.2-18")]
    public void Without_a_maximum_no_topic_is_shortened(bool atClient)
    {
        (Publish publish, _) = End(atClient, MqttProperties.None);
        for (int time = 0; time < 3; time++)
        {
            MqttPacket.Publish sent = publish(1, Message("a"), Start).SingleSent<MqttPacket.Publish>();
            Assert.Equal("a", sent.Topic);
            Assert.Null(sent.Properties.TopicAlias);
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    [Spec("MQTT-3.1.2-24")]
    [Spec("MQTT-3.1.2-25")]
    [Spec("MQTT-3.2.2-15")]
    public void A_message_larger_than_the_peer_takes_is_refused_here_and_uses_up_nothing(bool atClient)
    {
        (Publish publish, _) = End(atClient, new MqttProperties { PacketBytesMax = 12, TopicAliasMaximum = 5 });
        MqttPacket.Publish large = Message("topic", qos: MqttQos.AtLeastOnce) with { Payload = new byte[2] };
        ImmutableArray<MqttEffect> effects = publish(1, large, Start);
        Assert.Empty(effects.Sent());
        Assert.Equal(MqttReasonCode.PacketTooLarge, effects.Single<MqttEffect.PublishRefused>().Error.Reason);
        MqttPacket.Publish sent = publish(2, Message("t", qos: MqttQos.AtLeastOnce), Start)
            .SingleSent<MqttPacket.Publish>();
        Assert.Equal(1, sent.PacketId);
        Assert.Equal((ushort)1, sent.Properties.TopicAlias);
    }

    [Theory]
    [InlineData(true, "a/#")]
    [InlineData(true, "")]
    [InlineData(false, "a/+")]
    [InlineData(false, "a\0b")]
    [Spec("MQTT-3.3.2-2")]
    [Spec("MQTT-4.7.0-1")]
    [Spec("MQTT-4.7.3-2")]
    public void A_message_without_a_valid_topic_is_refused_here(bool atClient, string topic)
    {
        (Publish publish, _) = End(atClient, MqttProperties.None);
        ImmutableArray<MqttEffect> effects = publish(1, Message(topic), Start);
        Assert.IsType<MqttEffect.PublishRefused>(Assert.Single(effects));
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void Qos_2_is_refused_here(bool atClient)
    {
        (Publish publish, _) = End(atClient, MqttProperties.None);
        MqttEffect effect = Assert.Single(publish(1, Message(qos: MqttQos.ExactlyOnce), Start));
        Assert.Equal(MqttReasonCode.QosNotSupported, Assert.IsType<MqttEffect.PublishRefused>(effect).Error.Reason);
    }

    private static (Publish Publish, Receive Receive) End(bool atClient, MqttProperties peer)
    {
        if (atClient)
        {
            MqttClientSession client = Client(announced: peer);
            return (client.Publish, client.Receive);
        }

        MqttBrokerSession broker = Broker(Connect() with { Properties = peer });
        return (broker.Publish, broker.Receive);
    }
}
