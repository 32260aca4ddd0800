using System.Collections.Immutable;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;
using static Kedge.Mqtt.Tests.Support.Parties;

namespace Kedge.Mqtt.Tests.Sessions;

public sealed class BrokerSubscribeTests
{
    [Fact]
    [Spec("MQTT-3.8.4-1")]
    [Spec("MQTT-3.8.4-2")]
    [Spec("MQTT-3.8.4-5")]
    [Spec("MQTT-3.8.4-6")]
    [Spec("MQTT-3.8.4-7")]
    [Spec("MQTT-3.9.3-1")]
    [Spec("MQTT-2.2.1-6")]
    [Spec("MQTT-3.2.2-10")]
    [Spec("MQTT-4.7.1-1")]
    [Spec("MQTT-4.7.1-2")]
    [Spec("MQTT-4.7.3-1")]
    public void One_suback_answers_each_filter_in_order_by_grant_or_reason()
    {
        MqttBrokerSession session = Broker();
        var subscribe = new MqttPacket.Subscribe(77,
        [
            new MqttSubscription("a/+", MqttQos.ExactlyOnce), new MqttSubscription("a/#/b", MqttQos.AtMostOnce),
            new MqttSubscription("$share/g/x", MqttQos.AtMostOnce), new MqttSubscription("a+", MqttQos.AtMostOnce),
            new MqttSubscription("", MqttQos.AtMostOnce), new MqttSubscription("b", MqttQos.AtMostOnce),
        ]);
        MqttEffect.AskSubscribe ask = session.Receive(subscribe, Start).Single<MqttEffect.AskSubscribe>();
        Assert.Equal(
            [
                null, MqttReasonCode.TopicFilterInvalid, MqttReasonCode.SharedSubscriptionsNotSupported,
                MqttReasonCode.TopicFilterInvalid, MqttReasonCode.TopicFilterInvalid, null,
            ],
            ask.Settled.ToArray());
        ImmutableArray<MqttReasonCode> answers =
            [.. ask.Settled.Select((settled, index) => settled ?? (MqttReasonCode)subscribe.Subscriptions[index].Qos)];
        MqttPacket.SubAck answer = session.AnswerSubscribe(answers, Start).SingleSent<MqttPacket.SubAck>();
        Assert.Equal(77, answer.PacketId);
        Assert.Equal(
            [
                MqttReasonCode.GrantedQos1, MqttReasonCode.TopicFilterInvalid,
                MqttReasonCode.SharedSubscriptionsNotSupported, MqttReasonCode.TopicFilterInvalid,
                MqttReasonCode.TopicFilterInvalid, MqttReasonCode.Success,
            ],
            answer.Reasons.ToArray());
    }

    [Fact]
    public void Wildcards_are_refused_where_they_were_announced_as_missing()
    {
        var session = new MqttBrokerSession(new MqttBrokerSessionOptions { WildcardSubscriptions = false }, Start);
        session.Receive(Connect(), Start);
        MqttPacket.ConnAck answer = session.Accept(null, Start).SingleSent<MqttPacket.ConnAck>();
        Assert.False(answer.Properties.WildcardSubscriptionAvailable);
        var subscribe = new MqttPacket.Subscribe(1, [new MqttSubscription("a/+", MqttQos.AtMostOnce)]);
        MqttEffect.AskSubscribe ask = session.Receive(subscribe, Start).Single<MqttEffect.AskSubscribe>();
        Assert.Equal(MqttReasonCode.WildcardSubscriptionsNotSupported, Assert.Single(ask.Settled));
    }

    [Fact]
    public void A_subscription_identifier_ends_the_connection_by_its_own_reason() =>
        Broker().Receive(
            new MqttPacket.Subscribe(1, [new MqttSubscription("a", MqttQos.AtMostOnce)])
            {
                Properties = new MqttProperties { SubscriptionIdentifiers = [4] },
            },
            Start).AssertClosed(MqttReasonCode.SubscriptionIdentifiersNotSupported);

    [Fact]
    [Spec("MQTT-3.10.4-4")]
    [Spec("MQTT-3.10.4-5")]
    [Spec("MQTT-3.10.4-6")]
    [Spec("MQTT-3.11.3-1")]
    [Spec("MQTT-2.2.1-6")]
    public void One_unsuback_answers_each_filter_in_order()
    {
        MqttBrokerSession session = Broker();
        session.Receive(new MqttPacket.Unsubscribe(5, ["a", "b"]), Start).Single<MqttEffect.AskUnsubscribe>();
        MqttPacket.UnsubAck answer = session.AnswerUnsubscribe(
            [MqttReasonCode.NoSubscriptionExisted, MqttReasonCode.Success], Start).SingleSent<MqttPacket.UnsubAck>();
        Assert.Equal(5, answer.PacketId);
        Assert.Equal([MqttReasonCode.NoSubscriptionExisted, MqttReasonCode.Success], answer.Reasons.ToArray());
    }
}
