using System.Buffers.Binary;
using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Where a frame may go between those that a server of HTTP/2 sends.</summary>
public sealed class FrameTraceTests
{
    [Fact]
    public void However_the_bytes_are_cut_a_frame_goes_between_frames_only()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            (byte[] bytes, HashSet<int> between) = Frames(random);
            FrameTrace frames = new(prefaceBytes: 0);
            for (int at = 0; at < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, 40), bytes.Length - at);
                frames.Follow(bytes.AsSpan(at, length));
                at += length;
                Assert.Equal(between.Contains(at), frames.MayInsert);
            }
        }
    }

    [Fact]
    public void Nothing_goes_before_the_first_frame() => Assert.False(new FrameTrace(prefaceBytes: 0).MayInsert);

    [Fact]
    public void The_answer_to_a_ping_is_seen_behind_the_preface_and_in_pieces()
    {
        byte[] pong = [0, 0, 8, 6, 1, 0, 0, 0, 0, .. "farewell"u8];
        byte[] ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, .. "farewell"u8];
        byte[] bytes = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 1, 0, 0, 0, 0, .. ping, .. pong];
        FrameTrace frames = new(FrameTrace.ClientPrefaceBytes);
        for (int at = 0; at < bytes.Length; at++)
        {
            Assert.Equal(at > bytes.Length - pong.Length + 8, frames.SawPong);
            frames.Follow(bytes.AsSpan(at, 1));
        }

        Assert.True(frames.SawPong);
    }

    private static (byte[] Bytes, HashSet<int> Between) Frames(Random random)
    {
        List<byte> bytes = [];
        HashSet<int> between = [];
        bool isWithinHeaders = false;
        for (int i = 0; i < 30; i++)
        {
            byte type = isWithinHeaders ? (byte)0x9 : i == 0 ? (byte)0x4 : (byte)random.Next(9);
            bool endsHeaders = random.Next(2) == 0;
            byte[] payload = new byte[random.Next(3) == 0 ? 0 : random.Next(300)];
            random.NextBytes(payload);
            byte[] header = new byte[9];
            BinaryPrimitives.WriteUInt32BigEndian(header, (uint)payload.Length << 8);
            header[3] = type;
            header[4] = (byte)(endsHeaders ? 0x4 : 0);
            random.NextBytes(header.AsSpan(5));
            isWithinHeaders = type is 0x1 or 0x5 or 0x9 && !endsHeaders;
            bytes.AddRange(header);
            bytes.AddRange(payload);
            if (!isWithinHeaders)
            {
                between.Add(bytes.Count);
            }
        }

        return ([.. bytes], between);
    }
}
