using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using static Kedge.Mqtt.Tests.Support.Parties;

namespace Kedge.Mqtt.Tests.Sessions;

public sealed class BrokerMessageTests
{
    [Fact]
    [Spec("MQTT-3.3.4-1")]
    [Spec("MQTT-4.3.2-4")]
    [Spec("MQTT-2.2.1-5")]
    public void A_qos_1_message_is_answered_only_when_the_owner_has_committed_it()
    {
        MqttBrokerSession session = Broker();
        ImmutableArray<MqttEffect> effects = session.Receive(Message(packetId: 9), Start);
        Assert.Empty(effects.Sent());
        Assert.Equal(9, effects.Single<MqttEffect.Deliver>().Message.PacketId);
        Assert.Equal(1, session.UnacknowledgedCount);
        MqttPacket.PubAck answer =
            session.Acknowledge(9, MqttReasonCode.Success, null, Start).SingleSent<MqttPacket.PubAck>();
        Assert.Equal(9, answer.PacketId);
        Assert.Equal(0, session.UnacknowledgedCount);
    }

    [Fact]
    [Spec("MQTT-3.3.4-1")]
    public void A_qos_0_message_is_delivered_and_never_answered()
    {
        ImmutableArray<MqttEffect> effects = Broker().Receive(Message(), Start);
        effects.Single<MqttEffect.Deliver>();
        Assert.Empty(effects.Sent());
    }

    [Fact]
    [Spec("MQTT-4.6.0-2")]
    public void Answers_leave_in_the_order_of_the_messages_however_they_are_committed()
    {
        MqttBrokerSession session = Broker();
        foreach (ushort id in new ushort[] { 5, 3, 8 })
        {
            session.Receive(Message(packetId: id), Start);
        }

        Assert.Empty(session.Acknowledge(8, MqttReasonCode.Success, null, Start));
        Assert.Empty(session.Acknowledge(3, MqttReasonCode.NotAuthorized, "no", Start));
        IReadOnlyList<MqttPacket> sent = session.Acknowledge(5, MqttReasonCode.Success, null, Start).Sent();
        Assert.Equal([5, 3, 8], sent.Cast<MqttPacket.PubAck>().Select(answer => (int)answer.PacketId));
        Assert.Equal("no", sent[1].Properties.ReasonString);
    }

    [Fact]
    [Spec("MQTT-4.3.2-5")]
    public void An_identifier_is_free_again_once_it_was_answered()
    {
        MqttBrokerSession session = Broker();
        session.Receive(Message(packetId: 9), Start);
        session.Acknowledge(9, MqttReasonCode.Success, null, Start);
        session.Receive(Message(packetId: 9) with { Duplicate = true }, Start).Single<MqttEffect.Deliver>();
    }

    [Fact]
    public void An_identifier_that_is_used_twice_at_a_time_is_a_protocol_error()
    {
        MqttBrokerSession session = Broker();
        session.Receive(Message(packetId: 9), Start);
        session.Receive(Message(packetId: 9), Start).AssertClosed(MqttReasonCode.ProtocolError);
    }

    [Fact]
    public void A_3_1_1_client_that_repeats_itself_is_not_delivered_twice()
    {
        MqttBrokerSession session = Broker(Connect(MqttVersion.V311));
        session.Receive(Message(packetId: 9), Start).Single<MqttEffect.Deliver>();
        Assert.Empty(session.Receive(Message(packetId: 9) with { Duplicate = true }, Start));
        session.Acknowledge(9, MqttReasonCode.Success, null, Start).SingleSent<MqttPacket.PubAck>();
    }

    [Fact]
    [Spec("MQTT-3.3.4-7")]
    public void More_unanswered_messages_than_announced_end_the_connection()
    {
        MqttBrokerSession session = Broker(options: new MqttBrokerSessionOptions { ReceiveMaximum = 2 });
        session.Receive(Message(packetId: 1), Start);
        session.Receive(Message(packetId: 2), Start);
        session.Receive(Message(), Start).Single<MqttEffect.Deliver>();
        session.Receive(Message(packetId: 3), Start).AssertClosed(MqttReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    [Spec("MQTT-3.2.2-11")]
    public void Qos_2_is_refused_by_its_own_reason() =>
        Broker().Receive(Message(packetId: 1, qos: MqttQos.ExactlyOnce), Start)
            .AssertClosed(MqttReasonCode.QosNotSupported);

    [Fact]
    [Spec("MQTT-3.2.2-14")]
    public void A_retained_message_is_refused_by_its_own_reason() =>
        Broker().Receive(Message() with { Retain = true }, Start).AssertClosed(MqttReasonCode.RetainNotSupported);

    [Fact]
    [Spec("MQTT-3.3.4-6")]
    public void A_clients_message_with_a_subscription_identifier_is_a_protocol_error() =>
        Broker().Receive(
            Message() with { Properties = new MqttProperties { SubscriptionIdentifiers = [1] } }, Start)
            .AssertClosed(MqttReasonCode.ProtocolError);

    [Fact]
    [Spec("MQTT-3.3.2-12")]
    [Spec("MQTT-3.3.2-7")]
    public void Topic_aliases_are_learned_replaced_and_forgotten_with_the_connection()
    {
        MqttBrokerSession session = Broker(options: new MqttBrokerSessionOptions { TopicAliasMaximum = 2 });
        Assert.Equal("a", Deliver(session, "a", 2));
        Assert.Equal("a", Deliver(session, "", 2));
        Assert.Equal("b", Deliver(session, "b", 2));
        Assert.Equal("b", Deliver(session, "", 2));
        Assert.Equal("c", Deliver(session, "c", 1));
        Broker(options: new MqttBrokerSessionOptions { TopicAliasMaximum = 2 })
            .Receive(Aliased("", 2), Start).AssertClosed(MqttReasonCode.TopicAliasInvalid);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(65535)]
    [Spec("MQTT-3.3.2-9")]
    public void A_topic_alias_above_the_announced_maximum_ends_the_connection(int alias) =>
        Broker(options: new MqttBrokerSessionOptions { TopicAliasMaximum = 2 })
            .Receive(Aliased("a", (ushort)alias), Start).AssertClosed(MqttReasonCode.TopicAliasInvalid);

    [Fact]
    public void A_refused_message_of_a_3_1_1_client_is_not_answered_since_that_would_claim_it_committed()
    {
        MqttBrokerSession session = Broker(Connect(MqttVersion.V311));
        session.Receive(Message(packetId: 4), Start);
        ImmutableArray<MqttEffect> effects = session.Acknowledge(4, MqttReasonCode.NotAuthorized, "no", Start);
        effects.AssertClosed(MqttReasonCode.NotAuthorized, tellsPeer: false);
        Assert.Empty(effects.Sent());
    }

    [Fact]
    [Spec("MQTT-3.1.2-29")]
    public void Reason_strings_are_kept_from_clients_that_want_none()
    {
        MqttBrokerSession session = Broker(Connect() with
        {
            Properties = new MqttProperties { RequestProblemInformation = false },
        });
        session.Receive(Message(packetId: 1), Start);
        MqttPacket.PubAck answer =
            session.Acknowledge(1, MqttReasonCode.NotAuthorized, "no", Start).SingleSent<MqttPacket.PubAck>();
        Assert.Null(answer.Properties.ReasonString);
    }

    [Theory]
    [InlineData(MqttPacketKind.PubRec)]
    [InlineData(MqttPacketKind.PubRel)]
    [InlineData(MqttPacketKind.PubComp)]
    [InlineData(MqttPacketKind.PubAck)]
    [InlineData(MqttPacketKind.ConnAck)]
    [InlineData(MqttPacketKind.SubAck)]
    [InlineData(MqttPacketKind.UnsubAck)]
    [InlineData(MqttPacketKind.PingResp)]
    public void A_packet_that_a_client_may_not_send_now_is_a_protocol_error(MqttPacketKind kind)
    {
        MqttPacket packet = kind switch
        {
            MqttPacketKind.PubRec => new MqttPacket.PubRec(1, MqttReasonCode.Success),
            MqttPacketKind.PubRel => new MqttPacket.PubRel(1, MqttReasonCode.Success),
            MqttPacketKind.PubComp => new MqttPacket.PubComp(1, MqttReasonCode.Success),
            MqttPacketKind.PubAck => new MqttPacket.PubAck(1, MqttReasonCode.Success),
            MqttPacketKind.ConnAck => new MqttPacket.ConnAck(MqttReasonCode.Success),
            MqttPacketKind.SubAck => new MqttPacket.SubAck(1, [MqttReasonCode.Success]),
            MqttPacketKind.UnsubAck => new MqttPacket.UnsubAck(1, [MqttReasonCode.Success]),
            _ => new MqttPacket.PingResp(),
        };
        Broker().Receive(packet, Start).AssertClosed(MqttReasonCode.ProtocolError);
    }

    private static MqttPacket.Publish Aliased(string topic, ushort alias) =>
        Message(topic) with { Properties = new MqttProperties { TopicAlias = alias } };

    private static string Deliver(MqttBrokerSession session, string topic, ushort alias)
    {
        MqttPacket.Publish message =
            session.Receive(Aliased(topic, alias), Start).Single<MqttEffect.Deliver>().Message;
        Assert.Null(message.Properties.TopicAlias);
        return message.Topic;
    }
}
