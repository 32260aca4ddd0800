using System.Collections.Concurrent;
using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Agent.Tests.Loop;
using Kedge.Agent.Trust;
using Kedge.Content.Chunking;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Tests.Support.Devices;
using Kedge.Tests.Support.Disks;

namespace Kedge.Agent.Tests.Content;

/// <summary>The fetching half of an agent over a server in memory, killed as often as a test likes.</summary>
internal sealed class FetchStage : IDisposable
{
    /// <summary>What was made once is the same in every test.</summary>
    private static readonly ConcurrentDictionary<(Digest Target, Digest Base), byte[]> Made = [];

    public FetchStage()
    {
        SynchronizationContext.SetSynchronizationContext(null);
        _ = TrustKeeper.Open(Disk, Fleet.Identity.OwnerKey, 1).Offer(Fleet.Source.Trust);
        Fetcher = Restart();
    }

    public TestFleet Fleet { get; } = new();

    public MemoryDisk Disk { get; } = new();

    public ManualTime Time { get; } = new();

    /// <summary>The device's own bound on content; counts from the next start on.</summary>
    public long ContentBytesMax { get; init; }

    public MemorySource Source => Fleet.Source;

    public ContentStore Store { get; private set; } = null!; // The first start makes it.

    public ReleaseFetcher Fetcher { get; private set; }

    /// <summary>What went wrong on the side.</summary>
    public List<Finding> Troubles { get; } = [];

    /// <summary>Numbers that look like weights.</summary>
    public static byte[] Weights(int bytes, int seed)
    {
        Random random = new(seed);
        byte[] file = new byte[bytes];
        for (int at = 0; at + 4 <= bytes; at += 4)
        {
            BitConverter.TryWriteBytes(file.AsSpan(at), (float)((random.NextDouble() - 0.5) * random.NextDouble()));
        }

        return file;
    }

    /// <summary>Every number a little moved.</summary>
    public static byte[] Tuned(byte[] file, double by, int seed)
    {
        Random random = new(seed);
        byte[] tuned = [.. file];
        for (int at = 0; at + 4 <= file.Length; at += 4)
        {
            float value = BitConverter.ToSingle(file, at);
            BitConverter.TryWriteBytes(tuned.AsSpan(at), value + (float)((random.NextDouble() - 0.5) * by * value));
        }

        return tuned;
    }

    /// <summary>A new agent on the same disk, or on one that stands before it.</summary>
    public ReleaseFetcher Restart(IDisk? disk = null)
    {
        Store = new ContentStore(disk ?? Disk, ContentBytesMax);
        Fetcher = new ReleaseFetcher(
            Store, Source, TrustKeeper.Open(disk ?? Disk, Fleet.Identity.OwnerKey, 1), Time, static _ => false)
        {
            OnTrouble = Troubles.Add,
        };
        return Fetcher;
    }

    /// <summary>Lets the server make deltas.</summary>
    public void MakeDeltas() => Source.Deltas = Delta;

    /// <summary>The container for two files; null where the target is not known.</summary>
    public byte[]? Delta(Digest target, Digest from)
    {
        if (!Fleet.Files.TryGetValue(target, out byte[]? file))
        {
            return null;
        }

        byte[]? old = Fleet.Files.GetValueOrDefault(from);
        return Made.GetOrAdd((target, old is null ? default : from), _ =>
        {
            using MemoryStream made = new();
            DeltaEncoder.Encode(Of(file), old is null ? null : Of(old), (at, part) =>
            {
                made.Position = at;
                made.Write(part);
            });
            return made.ToArray();
        });
    }

    public static Digest FileOf(byte[] model) => Digest.Of(model);

    public WorkloadSpec Spec(byte[] model, long revision = 1) =>
        TestFleet.Workload("bearing", Fleet.Package("bearing", model), revision);

    /// <summary>Where the file is that <see cref="Install"/> brought.</summary>
    public string InstalledPath { get; private set; } = "";

    /// <summary>Brings a model without deltas.</summary>
    public void Install(byte[] model)
    {
        WorkloadSpec spec = Spec(model);
        FetchWhole(spec);
        InstalledPath = PathOf(spec);
    }

    /// <summary>One attempt.</summary>
    public FetchResult Fetch(WorkloadSpec spec) => Wait(Fetcher.FetchAsync(spec, default));

    /// <summary>The releases that a daily look finds damaged.</summary>
    public ImmutableArray<WorkloadSpec> Scrub(WorkloadSpec spec) => Wait(Fetcher.ScrubAsync([spec], default));

    /// <summary>Attempts until it is there, with a new agent before each where that is wanted.</summary>
    public void FetchWhole(WorkloadSpec spec, bool isRestarting = true, int triesMax = 10_000)
    {
        FetchResult? result = null;
        for (int tries = 0; tries < triesMax && result is not FetchResult.Ready; tries++)
        {
            if (isRestarting)
            {
                _ = Restart();
            }

            result = Fetch(spec);
        }

        Assert.True(result is FetchResult.Ready, $"{result}");
    }

    /// <summary>The file that a release has on the disk.</summary>
    public string PathOf(WorkloadSpec spec) =>
        $"{ContentStore.VariantFolder(spec.Models[0].Package, "onnx-fp32")}/model.onnx";

    public void Dispose() => Fleet.Dispose();

    private T Wait<T>(ValueTask<T> work)
    {
        for (int waits = 0; !work.IsCompleted; waits++)
        {
            Assert.True(waits < 10_000 && Time.NextTimer is not null, "it hangs");
            Time.Advance(Time.NextTimer!.Value - Time.Elapsed); // Asserted.
        }

        return work.GetAwaiter().GetResult();
    }

    private static DeltaFile Of(byte[] file)
    {
        Assert.True(TensorMap.TryCreate(
            [new TensorSpan("w", ElementKind.Float32, 0, file.Length / 4 * 4)], file.Length, out TensorMap map));
        PackageFile cut = FileChunker.Cut("model.onnx", file);
        return new DeltaFile(Digest.Of(file), ModelFile.Of("model.onnx", file), map, cut.Chunks);
    }
}
