using System.Collections.Immutable;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using static Kedge.Mqtt.Tests.Support.Parties;

namespace Kedge.Mqtt.Tests.Sessions;

public sealed class BrokerConnectTests
{
    [Fact]
    [Spec("MQTT-3.1.0-1")]
    [Spec("MQTT-3.2.0-1")]
    [Spec("MQTT-3.14.0-1")]
    public void A_first_packet_that_is_not_connect_ends_the_connection_without_a_word()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        ImmutableArray<MqttEffect> effects = session.Receive(new MqttPacket.PingReq(), Start);
        effects.AssertClosed(MqttReasonCode.ProtocolError, tellsPeer: false);
        Assert.Empty(effects.Sent());
    }

    [Fact]
    [Spec("MQTT-3.1.0-2")]
    [Spec("MQTT-4.13.1-1")]
    public void A_second_connect_is_a_protocol_error() =>
        Broker().Receive(Connect(), Start).AssertClosed(MqttReasonCode.ProtocolError);

    [Fact]
    [Spec("MQTT-3.1.2-2")]
    [Spec("MQTT-3.1.4-1")]
    public void An_unknown_version_is_answered_in_words_that_every_client_knows()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        ImmutableArray<MqttEffect> effects = session.ReceiveInvalid(
            new MqttProtocolError(MqttReasonCode.UnsupportedProtocolVersion, "version"), Start);
        effects.AssertClosed(MqttReasonCode.UnsupportedProtocolVersion, tellsPeer: false);
        MqttPacket.ConnAck answer = effects.SingleSent<MqttPacket.ConnAck>();
        Assert.Equal("20020001", Convert.ToHexString(Codecs.Write(answer, session.Version)));
    }

    [Fact]
    [Spec("MQTT-3.1.4-1")]
    public void Bytes_that_are_no_connect_end_the_connection_without_a_word()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        ImmutableArray<MqttEffect> effects =
            session.ReceiveInvalid(new MqttProtocolError(MqttReasonCode.MalformedPacket, "bytes"), Start);
        effects.AssertClosed(MqttReasonCode.MalformedPacket, tellsPeer: false);
        Assert.Empty(effects.Sent());
    }

    [Fact]
    [Spec("MQTT-3.1.2-4")]
    [Spec("MQTT-3.1.2-6")]
    [Spec("MQTT-3.1.4-4")]
    [Spec("MQTT-3.1.4-5")]
    [Spec("MQTT-3.2.2-2")]
    [Spec("MQTT-3.2.2-3")]
    [Spec("MQTT-3.2.2-9")]
    [Spec("MQTT-3.1.2-28")]
    [Spec("MQTT-4.12.0-6")]
    public void Connack_announces_what_there_is_and_what_there_is_not()
    {
        foreach (bool cleanStart in new[] { true, false })
        {
            var session = new MqttBrokerSession(new MqttBrokerSessionOptions { ReceiveMaximum = 7 }, Start);
            MqttPacket.Connect connect = Connect() with
            {
                CleanStart = cleanStart,
                Properties = new MqttProperties { SessionExpirySeconds = 600, RequestResponseInformation = false },
            };
            session.Receive(connect, Start).Single<MqttEffect.AskConnect>();
            MqttPacket.ConnAck answer = session.Accept(null, Start).SingleSent<MqttPacket.ConnAck>();
            Assert.Equal(MqttReasonCode.Success, answer.Reason);
            Assert.False(answer.SessionPresent);
            var expected = new MqttProperties
            {
                SessionExpirySeconds = 0,
                ReceiveMaximum = 7,
                MaximumQos = MqttQos.AtLeastOnce,
                RetainAvailable = false,
                PacketBytesMax = 256 * 1024,
                TopicAliasMaximum = 16,
                SubscriptionIdentifiersAvailable = false,
                SharedSubscriptionAvailable = false,
            };
            Assert.Equal(PacketText.Of(expected), PacketText.Of(answer.Properties));
        }
    }

    [Fact]
    [Spec("MQTT-3.1.3-6")]
    [Spec("MQTT-3.1.3-7")]
    [Spec("MQTT-3.2.2-16")]
    public void A_client_without_a_name_is_told_the_one_it_gets()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        session.Receive(Connect() with { ClientId = "" }, Start);
        MqttPacket.ConnAck answer = session.Accept("auto-1", Start).SingleSent<MqttPacket.ConnAck>();
        Assert.Equal("auto-1", answer.Properties.AssignedClientId);
    }

    [Fact]
    public void A_client_with_a_name_keeps_it()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        session.Receive(Connect(), Start);
        Assert.Null(session.Accept("auto-1", Start).SingleSent<MqttPacket.ConnAck>().Properties.AssignedClientId);
    }

    [Fact]
    [Spec("MQTT-3.1.3-8")]
    public void A_3_1_1_client_without_a_name_cannot_keep_a_session()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        ImmutableArray<MqttEffect> effects =
            session.Receive(Connect(MqttVersion.V311) with { ClientId = "", CleanStart = false }, Start);
        effects.AssertClosed(MqttReasonCode.ClientIdentifierNotValid, tellsPeer: false);
        Assert.Equal("20020002", Convert.ToHexString(
            Codecs.Write(effects.SingleSent<MqttPacket.ConnAck>(), MqttVersion.V311)));
    }

    public static TheoryData<MqttPacket.Connect, MqttReasonCode> NotHad => new()
    {
        {
            Connect() with { Will = new MqttWill { Topic = "w", Qos = MqttQos.ExactlyOnce } },
            MqttReasonCode.QosNotSupported
        },
        { Connect() with { Will = new MqttWill { Topic = "w", Retain = true } }, MqttReasonCode.RetainNotSupported },
        {
            Connect() with { Properties = new MqttProperties { AuthenticationMethod = "SCRAM-SHA-1" } },
            MqttReasonCode.BadAuthenticationMethod
        },
    };

    [Theory]
    [MemberData(nameof(NotHad))]
    [Spec("MQTT-3.2.2-7")]
    [Spec("MQTT-3.2.2-12")]
    [Spec("MQTT-3.2.2-13")]
    [Spec("MQTT-4.12.0-1")]
    [Spec("MQTT-4.13.2-1")]
    public void A_connect_that_asks_for_what_there_is_not_is_refused_by_its_reason(
        MqttPacket.Connect connect, MqttReasonCode reason)
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        ImmutableArray<MqttEffect> effects = session.Receive(connect, Start);
        Assert.Equal(reason, effects.SingleSent<MqttPacket.ConnAck>().Reason);
        effects.AssertClosed(reason, tellsPeer: false);
    }

    [Theory]
    [InlineData(MqttVersion.V5, "20080087051F00026E6F")]
    [InlineData(MqttVersion.V311, "20020005")]
    [Spec("MQTT-3.1.4-2")]
    [Spec("MQTT-3.1.4-6")]
    [Spec("MQTT-4.12.0-4")]
    public void A_refused_client_gets_its_connack_and_nothing_it_sent_is_worked_on(MqttVersion version, string bytes)
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        session.Receive(Connect(version), Start);
        ImmutableArray<MqttEffect> effects = session.Refuse(MqttReasonCode.NotAuthorized, "no", Start);
        effects.AssertClosed(MqttReasonCode.NotAuthorized, tellsPeer: false);
        string written = Convert.ToHexString(Codecs.Write(effects.SingleSent<MqttPacket.ConnAck>(), version));
        Assert.Equal(bytes, written);
        Assert.Empty(session.Receive(Message(packetId: 1), Start));
    }

    [Theory]
    [InlineData(600, 300)]
    [InlineData(0, 300)]
    [InlineData(120, null)]
    [Spec("MQTT-3.1.2-21")]
    [Spec("MQTT-3.2.2-21")]
    [Spec("MQTT-3.2.2-22")]
    public void The_servers_keep_alive_overrules_only_a_longer_one(int asked, int? told)
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions { KeepAliveSecondsMax = 300 }, Start);
        session.Receive(Connect() with { KeepAliveSeconds = (ushort)asked }, Start);
        MqttPacket.ConnAck answer = session.Accept(null, Start).SingleSent<MqttPacket.ConnAck>();
        Assert.Equal((ushort?)told, answer.Properties.ServerKeepAliveSeconds);
        double seconds = 1.5 * (told ?? asked);
        Assert.Empty(session.Tick(At(seconds - 0.1)));
        session.Tick(At(seconds)).AssertClosed(MqttReasonCode.KeepAliveTimeout);
    }

    [Fact]
    [Spec("MQTT-3.1.2-22")]
    public void One_and_a_half_silent_periods_end_the_connection_and_any_packet_starts_them_anew()
    {
        MqttBrokerSession session = Broker(Connect() with { KeepAliveSeconds = 10 });
        Assert.Equal(At(15), session.NextDeadline);
        session.Receive(new MqttPacket.PingReq(), At(14)).SingleSent<MqttPacket.PingResp>();
        Assert.Empty(session.Tick(At(28.9)));
        session.Tick(At(29)).AssertClosed(MqttReasonCode.KeepAliveTimeout);
        Assert.Null(session.NextDeadline);
    }

    [Fact]
    public void A_3_1_1_client_without_keep_alive_may_be_silent_for_ever()
    {
        MqttBrokerSession session = Broker(Connect(MqttVersion.V311) with { KeepAliveSeconds = 0 });
        Assert.Null(session.NextDeadline);
        Assert.Empty(session.Tick(At(1e6)));
    }

    [Fact]
    public void A_stranger_who_sends_no_connect_is_dropped_in_time()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        Assert.Equal(At(10), session.NextDeadline);
        session.Tick(At(10)).AssertClosed(MqttReasonCode.KeepAliveTimeout, tellsPeer: false);
    }

    [Fact]
    [Spec("MQTT-4.12.0-7")]
    public void An_auth_packet_of_a_client_without_a_method_is_a_protocol_error() =>
        Broker().Receive(new MqttPacket.Auth(MqttReasonCode.ReAuthenticate), Start)
            .AssertClosed(MqttReasonCode.ProtocolError);

    [Fact]
    [Spec("MQTT-3.12.4-1")]
    public void A_ping_is_answered() =>
        Broker().Receive(new MqttPacket.PingReq(), Start).SingleSent<MqttPacket.PingResp>();

    [Theory]
    [InlineData(MqttReasonCode.Success, true)]
    [InlineData(MqttReasonCode.DisconnectWithWill, false)]
    [InlineData(MqttReasonCode.UnspecifiedError, false)]
    [Spec("MQTT-3.1.2-8")]
    [Spec("MQTT-3.1.2-10")]
    [Spec("MQTT-3.14.4-3")]
    public void Only_disconnect_without_a_reason_drops_the_will(MqttReasonCode reason, bool graceful)
    {
        ImmutableArray<MqttEffect> effects = Broker().Receive(new MqttPacket.Disconnect(reason), Start);
        Assert.Equal(graceful, effects.Single<MqttEffect.Close>().Graceful);
        Assert.Empty(effects.Sent());
    }

    [Fact]
    [Spec("MQTT-3.1.2-8")]
    public void A_connection_that_breaks_does_not_drop_the_will() =>
        Assert.False(Broker().Lose("reset", Start).Single<MqttEffect.Close>().Graceful);

    [Fact]
    public void A_disconnect_may_not_give_an_expiry_to_a_session_that_had_none() =>
        Broker().Receive(
            new MqttPacket.Disconnect(MqttReasonCode.Success)
            {
                Properties = new MqttProperties { SessionExpirySeconds = 5 },
            },
            Start).AssertClosed(MqttReasonCode.ProtocolError);

    [Fact]
    [Spec("MQTT-3.14.4-1")]
    public void After_disconnect_the_session_says_nothing_more()
    {
        MqttBrokerSession session = Broker();
        session.Disconnect(MqttReasonCode.ServerShuttingDown, "bye", Start)
            .AssertClosed(MqttReasonCode.ServerShuttingDown);
        Assert.Empty(session.Receive(new MqttPacket.PingReq(), Start));
        Assert.Empty(session.Disconnect(MqttReasonCode.ServerShuttingDown, "bye", Start));
        Assert.Empty(session.Tick(At(1e6)));
        Assert.Empty(session.Lose("gone", Start));
        Assert.Empty(session.Publish(1, Message(), Start).Sent());
    }

    [Fact]
    public void A_3_1_1_client_is_never_sent_disconnect()
    {
        ImmutableArray<MqttEffect> effects =
            Broker(Connect(MqttVersion.V311)).Disconnect(MqttReasonCode.ServerShuttingDown, "bye", Start);
        effects.AssertClosed(MqttReasonCode.ServerShuttingDown, tellsPeer: false);
    }

    [Fact]
    [Spec("MQTT-3.2.0-2")]
    public void A_client_that_is_taken_gets_one_connack_and_its_questions_wait()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions(), Start);
        session.Receive(Connect(), Start);
        Assert.Throws<Kedge.Core.InvariantException>(() => session.Receive(new MqttPacket.PingReq(), Start));
        session.Accept(null, Start).SingleSent<MqttPacket.ConnAck>();
        Assert.Throws<Kedge.Core.InvariantException>(() => session.Accept(null, Start));
    }
}
