using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using static Kedge.Mqtt.Tests.Support.Parties;

namespace Kedge.Mqtt.Tests.Sessions;

public sealed class ClientTests
{
    [Fact]
    [Spec("MQTT-3.1.0-1")]
    [Spec("MQTT-3.1.3-2")]
    public void Connect_comes_first_starts_clean_and_announces_the_clients_bounds()
    {
        var session = new MqttClientSession(new MqttClientSessionOptions { ClientId = "press-1", ReceiveMaximum = 9 });
        MqttPacket.Connect connect = session.Connect(Start).SingleSent<MqttPacket.Connect>();
        Assert.True(connect.CleanStart);
        Assert.Equal("press-1", connect.ClientId);
        Assert.Null(connect.Properties.SessionExpirySeconds);
        Assert.Equal((ushort)9, connect.Properties.ReceiveMaximum);
        Assert.IsType<MqttEffect.PublishRefused>(Assert.Single(session.Publish(1, Message(), Start)));
    }

    [Fact]
    [Spec("MQTT-3.2.2-4")]
    public void A_session_that_the_client_does_not_know_ends_the_connection()
    {
        var session = new MqttClientSession(new MqttClientSessionOptions());
        session.Connect(Start);
        ImmutableArray<MqttEffect> effects =
            session.Receive(new MqttPacket.ConnAck(MqttReasonCode.Success) { SessionPresent = true }, Start);
        effects.AssertClosed(MqttReasonCode.ProtocolError);
        Assert.False(session.IsOpen);
    }

    [Fact]
    [Spec("MQTT-3.2.2-7")]
    public void A_refusal_ends_the_session_with_the_servers_reason()
    {
        var session = new MqttClientSession(new MqttClientSessionOptions());
        session.Connect(Start);
        MqttEffect.Close close = session.Receive(new MqttPacket.ConnAck(MqttReasonCode.Banned), Start)
            .Single<MqttEffect.Close>();
        Assert.Equal((MqttReasonCode.Banned, MqttCloseBy.Peer), (close.Reason, close.By));
    }

    [Fact]
    public void No_connack_in_time_ends_the_session()
    {
        var session = new MqttClientSession(new MqttClientSessionOptions());
        session.Connect(Start);
        Assert.Equal(At(15), session.NextDeadline);
        session.Tick(At(15)).AssertClosed(MqttReasonCode.KeepAliveTimeout, tellsPeer: false);
    }

    [Fact]
    [Spec("MQTT-3.1.2-30")]
    [Spec("MQTT-4.12.0-6")]
    public void A_server_that_wants_enhanced_authentication_is_left()
    {
        var session = new MqttClientSession(new MqttClientSessionOptions());
        session.Connect(Start);
        session.Receive(new MqttPacket.Auth(MqttReasonCode.ContinueAuthentication), Start)
            .AssertClosed(MqttReasonCode.BadAuthenticationMethod, tellsPeer: false);
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(20, 20)]
    [Spec("MQTT-3.1.2-20")]
    [Spec("MQTT-3.1.2-21")]
    [Spec("MQTT-3.2.2-21")]
    public void A_ping_leaves_before_the_keep_alive_ends_and_the_servers_one_counts(int? serverSeconds, int seconds)
    {
        MqttClientSession session = Client(announced: new MqttProperties
        {
            ServerKeepAliveSeconds = (ushort?)serverSeconds,
        });
        Assert.True(session.NextDeadline < At(seconds));
        Assert.Empty(session.Tick(At(seconds * 0.8)));
        session.Tick(At(seconds * 0.9)).SingleSent<MqttPacket.PingReq>();
        Assert.Empty(session.Receive(new MqttPacket.PingResp(), At(seconds * 0.9)));
        Assert.Empty(session.Tick(At(seconds * 1.7)));
        session.Tick(At(seconds * 1.8)).SingleSent<MqttPacket.PingReq>();
    }

    [Fact]
    public void A_client_that_sends_but_hears_nothing_pings_too_and_leaves_a_dead_server()
    {
        MqttClientSession session = Client();
        for (int second = 0; second < 54; second += 5)
        {
            session.Publish(second, Message(), At(second));
        }

        session.Tick(At(54)).SingleSent<MqttPacket.PingReq>();
        Assert.Empty(session.Tick(At(68.9)));
        session.Tick(At(69)).AssertClosed(MqttReasonCode.KeepAliveTimeout, tellsPeer: false);
    }

    [Fact]
    public void Without_keep_alive_there_is_no_ping() =>
        Assert.Null(Client(new MqttClientSessionOptions { KeepAliveSeconds = 0 }).NextDeadline);

    [Fact]
    [Spec("MQTT-4.5.0-2")]
    [Spec("MQTT-4.3.2-4")]
    [Spec("MQTT-4.6.0-2")]
    public void Messages_are_answered_when_committed_and_in_order()
    {
        MqttClientSession session = Client();
        session.Receive(Message(packetId: 1), Start).Single<MqttEffect.Deliver>();
        session.Receive(Message(packetId: 2), Start).Single<MqttEffect.Deliver>();
        Assert.Empty(session.Acknowledge(2, MqttReasonCode.Success, Start));
        IReadOnlyList<MqttPacket> sent = session.Acknowledge(1, MqttReasonCode.Success, Start).Sent();
        Assert.Equal([1, 2], sent.Cast<MqttPacket.PubAck>().Select(answer => (int)answer.PacketId));
    }

    [Fact]
    [Spec("MQTT-3.3.4-9")]
    public void A_server_that_passes_the_receive_maximum_is_left()
    {
        MqttClientSession session = Client(new MqttClientSessionOptions { ReceiveMaximum = 1 });
        session.Receive(Message(packetId: 1), Start);
        session.Receive(Message(packetId: 2), Start).AssertClosed(MqttReasonCode.ReceiveMaximumExceeded);
    }

    [Fact]
    [Spec("MQTT-3.3.2-10")]
    [Spec("MQTT-3.3.2-11")]
    public void Topic_aliases_up_to_the_own_maximum_are_taken_and_no_others()
    {
        MqttClientSession session = Client(new MqttClientSessionOptions { TopicAliasMaximum = 3 });
        for (ushort alias = 1; alias <= 3; alias++)
        {
            var properties = new MqttProperties { TopicAlias = alias };
            session.Receive(Message($"t{alias}") with { Properties = properties }, Start);
            MqttPacket.Publish short_ = session.Receive(Message("") with { Properties = properties }, Start)
                .Single<MqttEffect.Deliver>().Message;
            Assert.Equal($"t{alias}", short_.Topic);
        }

        session.Receive(Message("t4") with { Properties = new MqttProperties { TopicAlias = 4 } }, Start)
            .AssertClosed(MqttReasonCode.TopicAliasInvalid);
    }

    public static TheoryData<MqttProperties, MqttPacket.Publish, MqttReasonCode> NotTaken => new()
    {
        {
            new MqttProperties { MaximumQos = MqttQos.AtMostOnce }, Message(qos: MqttQos.AtLeastOnce),
            MqttReasonCode.QosNotSupported
        },
        {
            new MqttProperties { RetainAvailable = false }, Message() with { Retain = true },
            MqttReasonCode.RetainNotSupported
        },
    };

    [Theory]
    [MemberData(nameof(NotTaken))]
    [Spec("MQTT-3.2.2-11")]
    [Spec("MQTT-3.2.2-14")]
    public void What_the_server_said_it_has_not_is_not_sent(
        MqttProperties announced, MqttPacket.Publish message, MqttReasonCode reason)
    {
        MqttEffect effect = Assert.Single(Client(announced: announced).Publish(1, message, Start));
        Assert.Equal(reason, Assert.IsType<MqttEffect.PublishRefused>(effect).Error.Reason);
    }

    [Theory]
    [InlineData("$share/g/a", MqttReasonCode.SharedSubscriptionsNotSupported)]
    [InlineData("a/#", MqttReasonCode.WildcardSubscriptionsNotSupported)]
    [InlineData("a/#/b", MqttReasonCode.ProtocolError)]
    public void A_filter_that_the_server_cannot_take_is_refused_here(string filter, MqttReasonCode reason)
    {
        MqttClientSession session = Client(announced: new MqttProperties
        {
            SharedSubscriptionAvailable = false,
            WildcardSubscriptionAvailable = reason == MqttReasonCode.ProtocolError,
        });
        MqttEffect effect = Assert.Single(
            session.Subscribe(3, [new MqttSubscription(filter, MqttQos.AtMostOnce)], Start));
        Assert.Equal(reason, Assert.IsType<MqttEffect.SubscribeRefused>(effect).Error.Reason);
    }

    [Fact]
    [Spec("MQTT-2.2.1-3")]
    [Spec("MQTT-2.2.1-6")]
    [Spec("MQTT-3.8.4-6")]
    public void Subscribe_ends_with_the_suback_of_its_identifier_with_one_reason_for_each_filter()
    {
        MqttClientSession session = Client();
        MqttSubscription one = new("a", MqttQos.AtLeastOnce);
        MqttPacket.Subscribe sent = session.Subscribe(8, [one, one], Start).SingleSent<MqttPacket.Subscribe>();
        Assert.NotEqual(0, sent.PacketId);
        var answer = new MqttPacket.SubAck(sent.PacketId, [MqttReasonCode.GrantedQos1, MqttReasonCode.NotAuthorized]);
        MqttEffect.SubscribeDone done = session.Receive(answer, Start).Single<MqttEffect.SubscribeDone>();
        Assert.Equal(8, done.Token);
        Assert.Equal(answer.Reasons.ToArray(), done.Reasons.ToArray());

        sent = session.Subscribe(9, [one, one], Start).SingleSent<MqttPacket.Subscribe>();
        session.Receive(new MqttPacket.SubAck(sent.PacketId, [MqttReasonCode.GrantedQos1]), Start)
            .AssertClosed(MqttReasonCode.ProtocolError);
    }

    [Theory]
    [InlineData(MqttVersion.V5, 1)]
    [InlineData(MqttVersion.V311, 0)]
    public void Unsubscribe_ends_with_the_unsuback_of_its_identifier(MqttVersion version, int reasonCount)
    {
        MqttClientSession session = Client(new MqttClientSessionOptions { Version = version });
        MqttPacket.Unsubscribe sent = session.Unsubscribe(8, ["a"], Start).SingleSent<MqttPacket.Unsubscribe>();
        ImmutableArray<MqttReasonCode> reasons = [.. Enumerable.Repeat(MqttReasonCode.Success, reasonCount)];
        Assert.Equal(8, session.Receive(new MqttPacket.UnsubAck(sent.PacketId, reasons), Start)
            .Single<MqttEffect.SubscribeDone>().Token);
    }

    [Fact]
    public void The_servers_disconnect_ends_the_session_with_its_reason()
    {
        MqttEffect.Close close = Client().Receive(new MqttPacket.Disconnect(MqttReasonCode.SessionTakenOver), Start)
            .Single<MqttEffect.Close>();
        Assert.Equal(
            (MqttReasonCode.SessionTakenOver, MqttCloseBy.Peer, false), (close.Reason, close.By, close.Graceful));
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    [Spec("MQTT-3.14.4-1")]
    public void Leaving_sends_disconnect_and_nothing_after_it(MqttVersion version)
    {
        MqttClientSession session = Client(new MqttClientSessionOptions { Version = version });
        ImmutableArray<MqttEffect> effects = session.Disconnect(MqttReasonCode.Success, Start);
        effects.SingleSent<MqttPacket.Disconnect>();
        Assert.Equal(MqttCloseBy.Owner, effects.Single<MqttEffect.Close>().By);
        Assert.Empty(session.Disconnect(MqttReasonCode.Success, Start));
        Assert.Empty(session.Receive(Message(packetId: 1), Start));
        Assert.Empty(session.Publish(1, Message(), Start).Sent());
        Assert.Empty(session.Acknowledge(1, MqttReasonCode.Success, Start));
        Assert.Null(session.NextDeadline);
    }

    public static TheoryData<MqttPacket> Wrong => new()
    {
        new MqttPacket.ConnAck(MqttReasonCode.Success),
        new MqttPacket.PingReq(),
        Connect(),
        new MqttPacket.Subscribe(1, [new MqttSubscription("a", MqttQos.AtMostOnce)]),
        new MqttPacket.SubAck(1, [MqttReasonCode.Success]),
        new MqttPacket.UnsubAck(1, [MqttReasonCode.Success]),
        new MqttPacket.PubAck(1, MqttReasonCode.Success),
        new MqttPacket.PubRel(1, MqttReasonCode.Success),
        Message(packetId: 1, qos: MqttQos.ExactlyOnce),
        Message() with { Properties = new MqttProperties { SubscriptionIdentifiers = [1] } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_packet_that_a_server_may_not_send_now_is_a_protocol_error(MqttPacket packet) =>
        Client().Receive(packet, Start).AssertClosed(MqttReasonCode.ProtocolError);

    [Fact]
    [Spec("MQTT-4.13.1-1")]
    public void Bytes_that_are_no_packet_end_the_session_with_their_reason() =>
        Client().ReceiveInvalid(new MqttProtocolError(MqttReasonCode.PacketTooLarge, "large"), Start)
            .AssertClosed(MqttReasonCode.PacketTooLarge);
}
