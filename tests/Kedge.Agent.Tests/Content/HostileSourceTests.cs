using System.Buffers.Binary;
using System.Text;
using Kedge.Agent.Content;
using Kedge.Agent.Tests.Loop;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Zstd;

namespace Kedge.Agent.Tests.Content;

/// <summary>A server that lies costs an attempt: no memory, and nothing wrong comes onto the disk.</summary>
public sealed class HostileSourceTests
{
    private const int MiB = 1024 * 1024;
    private static readonly byte[] Model = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)(i * i >> 7))];

    [Theory]
    [InlineData("honest about its length")]
    [InlineData("with the length of the chunk in its head")]
    [InlineData("without a length")]
    [InlineData("longer than the chunk")]
    public void A_frame_that_makes_more_than_the_chunk_is_refused_before_it_takes_room(string how)
    {
        using FetchStage stage = new();
        WorkloadSpec spec = stage.Spec(Model);
        byte[] bomb = Frame(new byte[64 * MiB]);
        stage.Source.Frames = name => name is not ContentName.OneChunk chunk ? null : how switch
        {
            "with the length of the chunk in its head" => WithLength(bomb, chunk.Chunk.Bytes),
            "without a length" => WithoutLength(bomb),
            "longer than the chunk" => new byte[chunk.Chunk.Bytes + 1],
            _ => bomb,
        };
        FetchResult.Failed failed = Refused(stage, spec);
        Assert.Equal(
            (how == "longer than the chunk" ? AgentErrors.SourceWrong : AgentErrors.ContentChanged).Code,
            failed.Problem.Code);

        stage.Source.Frames = null;
        stage.FetchWhole(spec);
        Assert.Equal(Model, stage.Disk.Read(stage.PathOf(spec), Model.Length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_frame_that_makes_more_than_an_envelope_may_have_is_refused(bool isLying)
    {
        using FetchStage stage = new();
        WorkloadSpec spec = stage.Spec(Model);
        byte[] bomb = Frame(new byte[64 * MiB]);
        stage.Source.Frames = name =>
            name is not ContentName.Envelope ? null : isLying ? WithLength(bomb, 1000) : bomb;
        Assert.Equal(AgentErrors.ContentChanged.Code, Refused(stage, spec).Problem.Code);
        stage.Source.Frames = null;
        stage.FetchWhole(spec);
    }

    [Theory]
    [InlineData(1_000_000, 1)]
    [InlineData(1, 1_000_000)]
    [InlineData(43, 100_000)]
    public void A_signed_manifest_of_a_million_files_or_chunks_is_refused_for_good(int files, int chunks)
    {
        using FetchStage stage = new();
        string file = chunks == 1
            ? "{}"
            : "{\"chunks\":[" + string.Join(',', Enumerable.Repeat("{}", chunks)) + "]}";
        byte[] payload = Encoding.UTF8.GetBytes(
            """{"schema":1,"name":"bearing","variants":[{"name":"onnx-fp32","files":["""
            + string.Join(',', Enumerable.Repeat(file, files)) + "]}]}");
        WorkloadSpec spec = TestFleet.Workload("bearing", stage.Fleet.Offer(payload));
        int envelopeBytes = stage.Source.Envelopes[spec.Models[0].Package].Length;
        Assert.True(envelopeBytes <= ModelLimits.EnvelopeBytesMax);
        FetchResult.Failed failed = Refused(stage, spec, 8 + (20 * envelopeBytes / MiB));
        Assert.Equal((Blame.ReleaseForGood, AgentErrors.PackageRefused.Code), (failed.Blame, failed.Problem.Code));
        Assert.Contains("KEDGE-CONTENT-008", failed.Problem.Message, StringComparison.Ordinal);
    }

    /// <summary>One attempt, which must fail and take no more than what came, some times over.</summary>
    private static FetchResult.Failed Refused(FetchStage stage, WorkloadSpec spec, int mibMax = 8)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        FetchResult result = stage.Fetch(spec);
        long mib = (GC.GetAllocatedBytesForCurrentThread() - before) / MiB;
        Assert.True(mib < mibMax, $"{mib} MiB were allocated");
        Assert.False(stage.Disk.Length(stage.PathOf(spec)) > 0);
        return Assert.IsType<FetchResult.Failed>(result);
    }

    private static byte[] Frame(byte[] content)
    {
        using ZstdCompressor zstd = new(new ZstdSettings(1));
        byte[] room = new byte[ZstdCompressor.Bound(content.Length)];
        Assert.True(zstd.TryCompress(content, default, room, out int written));
        return room[..written];
    }

    /// <summary>The frame with another length of its content in its head (RFC 8878 §3.1.1.1).</summary>
    private static byte[] WithLength(byte[] frame, int bytes)
    {
        Assert.Equal(2, frame[4] >> 6); // four bytes of length
        byte[] lying = [.. frame];
        BinaryPrimitives.WriteInt32LittleEndian(lying.AsSpan(LengthAt(frame)), bytes);
        return lying;
    }

    private static byte[] WithoutLength(byte[] frame)
    {
        const byte WindowOf8MiB = 13 << 3;
        Assert.Equal(2, frame[4] >> 6);
        byte[] rest = frame[(LengthAt(frame) + 4)..];
        return [.. frame[..4], (byte)(frame[4] & 0b0001_1111), WindowOf8MiB, .. rest];
    }

    private static int LengthAt(byte[] frame) => (frame[4] & 0b0010_0000) != 0 ? 5 : 6;
}
