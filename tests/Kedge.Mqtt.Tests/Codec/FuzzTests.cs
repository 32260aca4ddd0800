using System.Globalization;
using Kedge.Mqtt.Codec;
using Kedge.Mqtt.Packets;
using Kedge.Mqtt.Sessions;
using Kedge.Mqtt.Tests.Support;

namespace Kedge.Mqtt.Tests.Codec;

/// <summary>
/// Bytes that nobody meant. KEDGE_FUZZ_SEED starts from one seed, KEDGE_FUZZ_SECONDS goes on for longer.
/// </summary>
public sealed class FuzzTests
{
    private const int RoundsMin = 60_000;

    [Fact]
    [Spec("MQTT-3.1.4-1")]
    [Spec("MQTT-4.13.1-1")]
    public void The_reader_answers_any_bytes_within_bounds()
    {
        Run((random, bytes, version) =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            MqttReadResult result = MqttReader.Read(bytes, version, Codecs.Limits);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 16_384 + (bytes.Length * 64L), $"{allocated} bytes allocated for {bytes.Length}");
            Assert.True(Enum.IsDefined(result.Status) && result.Status != MqttReadStatus.Unknown);
            int cut = random.Next(bytes.Length);
            MqttReadResult split =
                MqttReader.Read(Codecs.Sequence(bytes[..cut], bytes[cut..]), version, Codecs.Limits);
            Assert.Equal((result.Status, result.Bytes, result.Error), (split.Status, split.Bytes, split.Error));
            if (result.Packet is { } packet && MqttWriter.Check(packet, version, uint.MaxValue) is null)
            {
                byte[] again = Codecs.Write(packet, version);
                Assert.Equal(PacketText.Of(packet), PacketText.Of(Codecs.Read(again, version)));
            }
        });
    }

    [Fact]
    public void The_sessions_answer_any_packets_and_fall_silent_after_the_close()
    {
        MqttBrokerSession broker = Parties.Broker();
        MqttClientSession client = Parties.Client();
        bool brokerClosed = false;
        bool clientClosed = false;
        Run((random, bytes, version) =>
        {
            if (brokerClosed || random.Next(100) == 0)
            {
                broker = Parties.Broker(Parties.Connect(version));
            }

            if (clientClosed || random.Next(100) == 0)
            {
                client = Parties.Client(new MqttClientSessionOptions { Version = version });
            }

            if (MqttReader.Read(bytes, version, Codecs.Limits).Packet is not { } packet)
            {
                return;
            }

            MqttEffect[] effects = [.. broker.Receive(packet, Parties.Start)];
            Answer(broker, effects, random);
            brokerClosed = broker.IsClosed;
            if (brokerClosed)
            {
                Assert.Empty(broker.Receive(packet, Parties.Start));
            }

            clientClosed = client.Receive(packet, Parties.Start).OfType<MqttEffect.Close>().Any();
            if (clientClosed)
            {
                Assert.Empty(client.Receive(packet, Parties.Start));
            }
        });
    }

    private static void Answer(MqttBrokerSession broker, MqttEffect[] effects, Random random)
    {
        foreach (MqttEffect effect in effects)
        {
            switch (effect)
            {
                case MqttEffect.AskSubscribe ask:
                    broker.AnswerSubscribe([.. ask.Settled.Select(s => s ?? MqttReasonCode.Success)], Parties.Start);
                    break;
                case MqttEffect.AskUnsubscribe(var packet):
                    broker.AnswerUnsubscribe([.. packet.Filters.Select(_ => MqttReasonCode.Success)], Parties.Start);
                    break;
                case MqttEffect.Deliver(var message) when message.PacketId > 0 && random.Next(3) > 0:
                    broker.Acknowledge(message.PacketId, MqttReasonCode.Success, null, Parties.Start);
                    break;
            }
        }
    }

    private static void Run(Action<Random, byte[], MqttVersion> round)
    {
        string? asked = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SEED");
        int first = asked is null ? 1 : int.Parse(asked, CultureInfo.InvariantCulture);
        string? seconds = Environment.GetEnvironmentVariable("KEDGE_FUZZ_SECONDS");
        TimeSpan length = TimeSpan.FromSeconds(seconds is null ? 0 : int.Parse(seconds, CultureInfo.InvariantCulture));
        long started = TimeProvider.System.GetTimestamp();
        for (int seed = first; seed < first + RoundsMin || TimeProvider.System.GetElapsedTime(started) < length; seed++)
        {
            var random = new Random(seed);
            (byte[] bytes, MqttVersion version) = Mutated(random);
            try
            {
                round(random, bytes, version);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"KEDGE_FUZZ_SEED={seed} replays it: {version} {Convert.ToHexString(bytes)}", exception);
            }
        }
    }

    private static (byte[] Bytes, MqttVersion Version) Mutated(Random random)
    {
        byte[] bytes;
        MqttVersion version;
        if (random.Next(2) == 0)
        {
            Vector vector = Vector.All[random.Next(Vector.All.Count)];
            (bytes, version) = (vector.Bytes, vector.Version);
        }
        else
        {
            (version, MqttPacket packet) = PacketGen.FromSeed(random);
            bytes = Codecs.Write(packet, version);
        }

        List<byte> changed = [.. bytes];
        for (int time = random.Next(4); time > 0 && changed.Count > 1; time--)
        {
            int at = random.Next(changed.Count);
            switch (random.Next(5))
            {
                case 0:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 1:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    changed.RemoveAt(at);
                    break;
                case 3:
                    changed.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
            }
        }

        return (changed.Count == 0 ? [0] : [.. changed], random.Next(10) == 0 ? MqttVersion.V311 : version);
    }
}
