using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Kedge.Mqtt.Packets;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>Any packet that may be sent, from a seed: every optional part is there or not at random.</summary>
public static class PacketGen
{
    public static Arbitrary<(MqttVersion Version, MqttPacket Packet)> Any { get; } = Gen.Choose(0, int.MaxValue)
        .Select(seed => FromSeed(new Random(seed)))
        .ToArbitrary();

    private static readonly MqttReasonCode[] Codes = Enum.GetValues<MqttReasonCode>();

    public static (MqttVersion Version, MqttPacket Packet) FromSeed(Random random)
    {
        MqttVersion version = random.Next(3) == 0 ? MqttVersion.V311 : MqttVersion.V5;
        MqttPacketKind kind = (MqttPacketKind)random.Next(1, version == MqttVersion.V5 ? 16 : 15);
        MqttPacket packet = Make(random, kind, version);
        return (version, version == MqttVersion.V5 ? packet with { Properties = Properties(random, kind) } : packet);
    }

    private static MqttPacket Make(Random random, MqttPacketKind kind, MqttVersion version) => kind switch
    {
        MqttPacketKind.Connect => Connect(random, version),
        MqttPacketKind.ConnAck => ConnAck(random, version),
        MqttPacketKind.Publish => Publish(random),
        MqttPacketKind.PubAck => new MqttPacket.PubAck(Id(random), Reason(random, kind, version)),
        MqttPacketKind.PubRec => new MqttPacket.PubRec(Id(random), Reason(random, kind, version)),
        MqttPacketKind.PubRel => new MqttPacket.PubRel(Id(random), Reason(random, kind, version)),
        MqttPacketKind.PubComp => new MqttPacket.PubComp(Id(random), Reason(random, kind, version)),
        MqttPacketKind.Subscribe =>
            new MqttPacket.Subscribe(Id(random), Many(random, () => Subscription(random, version))),
        MqttPacketKind.SubAck => new MqttPacket.SubAck(Id(random), Many(random, () => SubAckReason(random, version))),
        MqttPacketKind.Unsubscribe => new MqttPacket.Unsubscribe(Id(random), Many(random, () => Filter(random))),
        MqttPacketKind.UnsubAck => new MqttPacket.UnsubAck(
            Id(random), version == MqttVersion.V311 ? [] : Many(random, () => Reason(random, kind, version))),
        MqttPacketKind.PingReq => new MqttPacket.PingReq(),
        MqttPacketKind.PingResp => new MqttPacket.PingResp(),
        MqttPacketKind.Disconnect => new MqttPacket.Disconnect(Reason(random, kind, version)),
        MqttPacketKind.Auth => new MqttPacket.Auth(Reason(random, kind, version)),
        MqttPacketKind.Unknown => throw new InvalidOperationException(),
    };

    private static MqttPacket.Connect Connect(Random random, MqttVersion version)
    {
        string? userName = Maybe(random, () => Text(random));
        return new MqttPacket.Connect
        {
            Version = version,
            CleanStart = random.Next(2) == 0,
            KeepAliveSeconds = (ushort)random.Next(65_536),
            ClientId = "c" + Text(random),
            UserName = userName,
            Password = userName is not null || version == MqttVersion.V5
                ? MaybeValue<ReadOnlyMemory<byte>>(random, () => Bytes(random))
                : null,
            Will = Maybe(random, () => new MqttWill
            {
                Topic = Topic(random),
                Payload = Bytes(random),
                Qos = (MqttQos)random.Next(3),
                Retain = random.Next(2) == 0,
                Properties = version == MqttVersion.V5
                    ? Properties(random, MqttPacketKind.Unknown)
                    : MqttProperties.None,
            }),
        };
    }

    private static MqttPacket.ConnAck ConnAck(Random random, MqttVersion version)
    {
        MqttReasonCode reason = version == MqttVersion.V5
            ? Reason(random, MqttPacketKind.ConnAck, version)
            : MqttReasonCodes.FromConnectReturnCode((byte)random.Next(6))!.Value;
        return new MqttPacket.ConnAck(reason)
        {
            SessionPresent = reason == MqttReasonCode.Success && random.Next(2) == 0,
        };
    }

    private static MqttPacket.Publish Publish(Random random)
    {
        var qos = (MqttQos)random.Next(3);
        return new MqttPacket.Publish
        {
            Topic = Topic(random),
            Qos = qos,
            PacketId = qos == MqttQos.AtMostOnce ? (ushort)0 : Id(random),
            Duplicate = qos != MqttQos.AtMostOnce && random.Next(2) == 0,
            Retain = random.Next(2) == 0,
            Payload = Bytes(random),
        };
    }

    private static MqttSubscription Subscription(Random random, MqttVersion version)
    {
        var subscription = new MqttSubscription(Filter(random), (MqttQos)random.Next(3));
        return version == MqttVersion.V311 ? subscription : subscription with
        {
            NoLocal = random.Next(2) == 0,
            RetainAsPublished = random.Next(2) == 0,
            RetainHandling = (MqttRetainHandling)random.Next(3),
        };
    }

    private static MqttProperties Properties(Random random, MqttPacketKind home)
    {
        bool Has(params MqttPacketKind[] homes) => homes.Contains(home) && random.Next(2) == 0;
        const MqttPacketKind Will = MqttPacketKind.Unknown;
        bool anyUser = home is not (MqttPacketKind.PingReq or MqttPacketKind.PingResp);
        bool anyReason = home is MqttPacketKind.ConnAck or MqttPacketKind.PubAck or MqttPacketKind.PubRec
            or MqttPacketKind.PubRel or MqttPacketKind.PubComp or MqttPacketKind.SubAck or MqttPacketKind.UnsubAck
            or MqttPacketKind.Disconnect or MqttPacketKind.Auth;
        var p = new MqttProperties
        {
            UserProperties = anyUser && random.Next(2) == 0
                ? Many(random, () => new MqttUserProperty(Text(random), Text(random)))
                : [],
            ReasonString = anyReason && random.Next(2) == 0 ? Text(random) : null,
            PayloadIsText = Has(MqttPacketKind.Publish, Will) ? random.Next(2) == 0 : null,
            MessageExpirySeconds = Has(MqttPacketKind.Publish, Will) ? Number(random) : null,
            ContentType = Has(MqttPacketKind.Publish, Will) ? Text(random) : null,
            ResponseTopic = Has(MqttPacketKind.Publish, Will) ? Topic(random) : null,
            CorrelationData = Has(MqttPacketKind.Publish, Will) ? Bytes(random) : default(ReadOnlyMemory<byte>?),
            TopicAlias = Has(MqttPacketKind.Publish) ? Id(random) : null,
            WillDelaySeconds = Has(Will) ? Number(random) : null,
            SubscriptionIdentifiers = Has(MqttPacketKind.Publish, MqttPacketKind.Subscribe)
                ? [(uint)random.Next(1, 268_435_456)]
                : [],
            SessionExpirySeconds = Has(MqttPacketKind.Connect, MqttPacketKind.ConnAck, MqttPacketKind.Disconnect)
                ? Number(random)
                : null,
            RequestProblemInformation = Has(MqttPacketKind.Connect) ? random.Next(2) == 0 : null,
            RequestResponseInformation = Has(MqttPacketKind.Connect) ? random.Next(2) == 0 : null,
            ServerReference = Has(MqttPacketKind.ConnAck, MqttPacketKind.Disconnect) ? Text(random) : null,
        };
        if (Has(MqttPacketKind.Connect, MqttPacketKind.ConnAck, MqttPacketKind.Auth))
        {
            p = p with { AuthenticationMethod = Text(random), AuthenticationData = Bytes(random) };
        }

        return home is MqttPacketKind.Connect or MqttPacketKind.ConnAck ? Limits(random, home, p) : p;
    }

    private static MqttProperties Limits(Random random, MqttPacketKind home, MqttProperties p)
    {
        bool answers = home == MqttPacketKind.ConnAck;
        bool Answers() => answers && random.Next(2) == 0;
        return p with
        {
            ReceiveMaximum = random.Next(2) == 0 ? Id(random) : null,
            TopicAliasMaximum = random.Next(2) == 0 ? (ushort)random.Next(65_536) : null,
            PacketBytesMax = random.Next(2) == 0 ? Number(random) + 1 : null,
            AssignedClientId = Answers() ? Text(random) : null,
            ServerKeepAliveSeconds = Answers() ? (ushort)random.Next(65_536) : null,
            ResponseInformation = Answers() ? Text(random) : null,
            MaximumQos = Answers() ? (MqttQos)random.Next(2) : null,
            RetainAvailable = Answers() ? random.Next(2) == 0 : null,
            WildcardSubscriptionAvailable = Answers() ? random.Next(2) == 0 : null,
            SubscriptionIdentifiersAvailable = Answers() ? random.Next(2) == 0 : null,
            SharedSubscriptionAvailable = Answers() ? random.Next(2) == 0 : null,
        };
    }

    private static MqttReasonCode Reason(Random random, MqttPacketKind kind, MqttVersion version)
    {
        if (version == MqttVersion.V311)
        {
            return MqttReasonCode.Success;
        }

        MqttReasonCode[] allowed = [.. Codes.Where(code => MqttReasonCodes.IsAllowed(kind, code))];
        return allowed[random.Next(allowed.Length)];
    }

    private static MqttReasonCode SubAckReason(Random random, MqttVersion version) => version == MqttVersion.V5
        ? Reason(random, MqttPacketKind.SubAck, version)
        : new[] { MqttReasonCode.Success, MqttReasonCode.GrantedQos1, MqttReasonCode.UnspecifiedError }[random.Next(3)];

    private static string Topic(Random random) => "t/" + Text(random).Replace('+', '-').Replace('#', '-');

    private static string Filter(Random random) =>
        new[] { "#", "+", "a/+/b", "$SYS/g", "kedge/v1/+/#" }[random.Next(5)];

    private static string Text(Random random)
    {
        string[] pieces =
            ["a", "/", "é", "\ufeff", "\U0002A6D4", "\u0001", "+", " ", "long enough to need a length", "\uffff"];
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    private static ReadOnlyMemory<byte> Bytes(Random random)
    {
        var bytes = new byte[random.Next(8) == 0 ? random.Next(20_000) : random.Next(20)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static ushort Id(Random random) => (ushort)random.Next(1, 65_536);

    private static uint Number(Random random) => (uint)random.NextInt64(0, uint.MaxValue);

    private static ImmutableArray<T> Many<T>(Random random, Func<T> make) =>
        [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => make())];

    private static T? Maybe<T>(Random random, Func<T> make)
        where T : class => random.Next(2) == 0 ? make() : null;

    private static T? MaybeValue<T>(Random random, Func<T> make)
        where T : struct => random.Next(2) == 0 ? make() : null;
}
