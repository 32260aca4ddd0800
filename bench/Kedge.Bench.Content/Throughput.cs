using System.Security.Cryptography;
using Kedge.Bench.Common;
using Kedge.Content.Chunking;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>
/// How fast one core chunks, hashes, makes and applies deltas, beside <c>sha256sum</c> and <c>zstd</c>.
/// </summary>
internal sealed class Throughput(string folder, BenchReport report)
{
    private const double Million = 1e6;

    public async Task MeasureAsync(Scenario scenario)
    {
        byte[] before = await File.ReadAllBytesAsync(scenario.Base!.File); // the scenario has a base
        byte[] target = await File.ReadAllBytesAsync(scenario.Target.File);
        double mb = target.Length / Million;
        PackageFile cut = FileChunker.Cut("model.onnx", target);

        double chunking = Best(() => _ = FileChunker.Cut("model.onnx", target));
        double hashing = Best(() => _ = SHA256.HashData(target));
        byte[] delta = [];
        double encoding = Best(() => delta = Encode(before, target));
        double decoding = Best(() => Decode(delta, before, target.Length));
        string packed = Path.Combine(folder, "throughput.zst");
        double sha256sum = await TimeAsync("sha256sum", scenario.Target.File);
        double zstd3 = await TimeAsync("zstd", "-q", "-f", "-3", "-T1", "-o", packed, scenario.Target.File);
        double zstd19 = await TimeAsync("zstd", "-q", "-f", "-19", "-T1", "-o", packed, scenario.Target.File);
        double unzstd = await TimeAsync("zstd", "-q", "-f", "-d", "-o", packed + ".out", packed);

        report.Add("content.throughput.chunk_and_hash", "MB/s", mb / chunking, ("sha256sum", mb / sha256sum));
        report.Add("content.throughput.hash", "MB/s", mb / hashing, ("sha256sum", mb / sha256sum));
        report.Add(
            "content.throughput.delta_encode", "MB/s", mb / encoding, ("zstd-3", mb / zstd3), ("zstd-19", mb / zstd19));
        report.Add("content.throughput.delta_decode", "MB/s", mb / decoding, ("zstd-d", mb / unzstd));
        report.Note($"throughput: {scenario.What}, {target.Length} bytes, {cut.Chunks.Length} chunks, one core; "
            + "peers are whole processes");
    }

    private static byte[] Encode(byte[] before, byte[] target)
    {
        using MemoryStream delta = new();
        DeltaEncoder.Encode(Of("target", target), Of("base", before), (offset, bytes) =>
        {
            delta.Position = offset;
            delta.Write(bytes);
        });
        return delta.ToArray();
    }

    private static void Decode(byte[] delta, byte[] before, int targetBytes)
    {
        Check.That(DeltaHeader.TryRead(delta, out DeltaHeader? header, out _) && header is not null);
        Check.That(DeltaIndex.TryRead(
            header, delta.AsSpan(DeltaLimits.HeaderBytes, header.IndexBytes), out DeltaIndex? index, out _));
        Check.That(index is not null);
        byte[] made = new byte[targetBytes];
        using DeltaDecoder decoder = new(ModelFile.Of("base", before), ModelFile.Of("target", made).Read);
        for (int number = 0; number < index.Count; number++)
        {
            DeltaSegment segment = index[number];
            Check.That(decoder.TryDecode(
                delta.AsSpan((int)segment.EncodedOffset, segment.EncodedBytes), segment.TargetOffset,
                made.AsSpan((int)segment.TargetOffset, segment.TargetBytes), out _));
        }
    }

    private static DeltaFile Of(string name, byte[] file) => new(
        Digest.Of(file), ModelFile.Of(name, file), OnnxTensorMap.Read(file), FileChunker.Cut(name, file).Chunks);

    /// <summary>Seconds of the fastest of some runs: what the machine can do when nobody disturbs it.</summary>
    private static double Best(Action run)
    {
        double best = double.MaxValue;
        for (int round = 0; round < 4; round++)
        {
            long start = TimeProvider.System.GetTimestamp();
            run();
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static async Task<double> TimeAsync(string program, params string[] arguments)
    {
        double best = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long start = TimeProvider.System.GetTimestamp();
            (await CommandResult.RunAsync(program, arguments)).MustSucceed();
            best = Math.Min(best, TimeProvider.System.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
