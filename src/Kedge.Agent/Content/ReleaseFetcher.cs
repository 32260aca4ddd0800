using System.Collections.Immutable;
using Kedge.Agent.Trust;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>
/// Brings the content of a release onto the disk. Everything is judged before it is used: the envelope by the signing
/// policy, each chunk and each file by its digest. One fetch at a time; verifying what is there may overlap with it.
/// </summary>
/// <param name="store">Where content is kept.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="trust">Who may sign.</param>
/// <param name="time">For the pace that a release may be fetched at.</param>
internal sealed class ReleaseFetcher(
    ContentStore store, IArtifactSource source, TrustKeeper trust, TimeProvider time)
{
    private readonly FetchPace _pace = new();
    private readonly long _began = time.GetTimestamp();
    private long _bytesPerSecond;

    /// <summary>Bytes that came from the source since the start.</summary>
    internal long FetchedBytes { get; private set; }

    /// <summary>Looks at the disk alone. Takes as long as the digests of all files take.</summary>
    internal FetchResult Verify(WorkloadSpec spec)
    {
        try
        {
            ImmutableArray<PreparedModel>.Builder models = ImmutableArray.CreateBuilder<PreparedModel>();
            foreach (WorkloadModel model in spec.Models)
            {
                if (store.ReadEnvelope(model.Package) is not { } envelope)
                {
                    return new FetchResult.Missing();
                }

                if (Judge(
                    envelope, model, out ModelVariant? variant, out FetchResult.Failed? failed) is not { } manifest)
                {
                    return failed!; // Judge gives one or the other.
                }

                if (Files(model, manifest, variant!).Any(f => !store.IsRight(f.Path, f.File)))
                {
                    return new FetchResult.Missing();
                }

                models.Add(Prepared(model, manifest, variant!));
            }

            return new FetchResult.Ready(new PreparedRelease(spec, models.ToImmutable()));
        }
        catch (DiskException e)
        {
            return Failure(e);
        }
    }

    /// <summary>Fetches what is missing, then verifies the whole.</summary>
    internal async ValueTask<FetchResult> FetchAsync(WorkloadSpec spec, CancellationToken cancel)
    {
        _bytesPerSecond = spec.FetchBytesPerSecond;
        try
        {
            foreach (WorkloadModel model in spec.Models)
            {
                if (await FetchModelAsync(model, cancel).ConfigureAwait(false) is { } failed)
                {
                    return failed;
                }
            }
        }
        catch (DiskException e)
        {
            return Failure(e);
        }

        FetchResult result = Verify(spec);
        return result is FetchResult.Missing
            ? Failed(Blame.Device, AgentErrors.ContentChanged, "a file was right when it came and is not any more")
            : result;
    }

    private async ValueTask<FetchResult.Failed?> FetchModelAsync(WorkloadModel model, CancellationToken cancel)
    {
        byte[]? envelope = store.ReadEnvelope(model.Package);
        if (envelope is null)
        {
            FetchOutcome outcome = await source.GetEnvelopeAsync(model.Package, cancel).ConfigureAwait(false);
            if (outcome is not FetchOutcome.Done done)
            {
                return Explain(outcome, $"package {model.Package.Short}");
            }

            envelope = done.Bytes.ToArray();
            FetchedBytes += envelope.Length;
            _pace.Pay(Now, envelope.Length, _bytesPerSecond);
        }

        if (Judge(envelope, model, out ModelVariant? variant, out FetchResult.Failed? failed) is not { } manifest)
        {
            // The policy may have changed since it was fetched last: asked once more before the release is refused.
            await RefreshTrustAsync(cancel).ConfigureAwait(false);
            if (Judge(envelope, model, out variant, out failed) is not { } second)
            {
                return failed;
            }

            manifest = second;
        }

        ImmutableArray<WantedFile> missing =
            [.. Files(model, manifest, variant!).Where(f => !store.IsRight(f.Path, f.File))];
        if (store.Room(missing.Sum(static f => f.File.Bytes)) is { } full)
        {
            return new FetchResult.Failed(Blame.Device, new Problem(full.Code, full.Message));
        }

        store.KeepEnvelope(model.Package, envelope);
        Dictionary<Digest, ChunkPlace> places = missing.IsEmpty ? [] : PlacesOfChunks();
        foreach (WantedFile wanted in missing)
        {
            if (await FetchFileAsync(wanted.Path, wanted.File, places, cancel).ConfigureAwait(false) is { } bad)
            {
                return bad;
            }
        }

        return null;
    }

    private async ValueTask<FetchResult.Failed?> FetchFileAsync(
        string path, PackageFile file, Dictionary<Digest, ChunkPlace> places, CancellationToken cancel)
    {
        for (int index = store.BegunChunks(file); index < file.Chunks.Length; index++)
        {
            ChunkRef chunk = file.Chunks[index];
            if (store.FindChunk(chunk, places) is { } local)
            {
                store.Append(file, index, local);
                continue;
            }

            FetchOutcome outcome = await FetchChunkAsync(chunk, cancel).ConfigureAwait(false);
            if (outcome is not FetchOutcome.Done done)
            {
                return Explain(outcome, $"chunk {chunk.Digest.Short} of {file.Path}");
            }

            FetchedBytes += done.Bytes.Length;
            store.Append(file, index, done.Bytes.Span);
        }

        return store.TryFinish(file, path)
            ? null
            : Failed(Blame.Device, AgentErrors.ContentChanged, $"{file.Path} put together is not {file.Digest.Short}");
    }

    private async ValueTask<FetchOutcome> FetchChunkAsync(ChunkRef chunk, CancellationToken cancel)
    {
        FetchOutcome outcome = await FetchPieceAsync(chunk, default, cancel).ConfigureAwait(false);
        return outcome is FetchOutcome.RetryLater { Begun.IsEmpty: false } broken
            ? await FetchPieceAsync(chunk, broken.Begun, cancel).ConfigureAwait(false)
            : outcome;
    }

    /// <summary>Waits for its turn at the allowed pace; without one it does not wait.</summary>
    private async ValueTask<FetchOutcome> FetchPieceAsync(
        ChunkRef chunk, ReadOnlyMemory<byte> begun, CancellationToken cancel)
    {
        if (_bytesPerSecond > 0 && _pace.Wait(Now) is { Ticks: > 0 } wait)
        {
            // Timers count whole milliseconds, and one that rings early would let a piece come early.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancel)
                .ConfigureAwait(false);
        }

        _pace.Pay(Now, chunk.Bytes - begun.Length, _bytesPerSecond);
        return await source.GetChunkAsync(chunk, begun, cancel).ConfigureAwait(false);
    }

    private TimeSpan Now => time.GetElapsedTime(_began);

    private async ValueTask RefreshTrustAsync(CancellationToken cancel)
    {
        if (await source.GetTrustAsync(cancel).ConfigureAwait(false) is FetchOutcome.Done done)
        {
            _ = trust.Offer(done.Bytes.Span);
        }
    }

    private PackageManifest? Judge(
        byte[] envelope, WorkloadModel model, out ModelVariant? variant, out FetchResult.Failed? failed)
    {
        variant = null;
        failed = null;
        if (trust.Policy is null)
        {
            failed = Failed(Blame.Device, AgentErrors.TrustRefused, "no signing policy was ever accepted");
            return null;
        }

        switch (PackageTrust.Judge(envelope, trust.Policy, model.Package))
        {
            case PackageOutcome.Trusted trusted:
                variant = trusted.Manifest.Variants.FirstOrDefault(v => v.Name == model.Variant);
                failed = variant is not null ? null : Failed(
                    Blame.ReleaseForGood,
                    AgentErrors.VariantMissing, $"{model.PackageLabel} has no variant {model.Variant}");
                return variant is null ? null : trusted.Manifest;
            case PackageOutcome.Refused refused:
                Finding first = refused.Findings[0];
                failed = Failed(
                    Blame.ReleaseForGood,
                    AgentErrors.PackageRefused, $"{model.PackageLabel}: {first.Code} {first.Message}");
                return null;
            default:
                throw Check.Unreachable(model);
        }
    }

    /// <summary>Where every chunk of what is there stands: new versions share most of theirs with old ones.</summary>
    private Dictionary<Digest, ChunkPlace> PlacesOfChunks()
    {
        Dictionary<Digest, ChunkPlace> places = [];
        foreach (Digest package in store.List())
        {
            if (trust.Policy is null || store.ReadEnvelope(package) is not { } envelope
                || PackageTrust.Judge(envelope, trust.Policy, package) is not PackageOutcome.Trusted trusted)
            {
                continue;
            }

            foreach (ModelVariant variant in trusted.Manifest.Variants)
            {
                foreach (PackageFile file in variant.Files)
                {
                    Place(places, $"{ContentStore.VariantFolder(package, variant.Name)}/{file.Path}", file);
                }
            }
        }

        return places;
    }

    private static void Place(Dictionary<Digest, ChunkPlace> places, string path, PackageFile file)
    {
        long at = 0;
        foreach (ChunkRef chunk in file.Chunks)
        {
            places[chunk.Digest] = new ChunkPlace(path, at);
            at += chunk.Bytes;
        }
    }

    private static IEnumerable<WantedFile> Files(
        WorkloadModel model, PackageManifest manifest, ModelVariant variant)
    {
        foreach (PackageFile file in variant.Files)
        {
            yield return new($"{ContentStore.VariantFolder(model.Package, variant.Name)}/{file.Path}", file);
        }

        if (manifest.Golden is { } golden)
        {
            yield return new(ContentStore.GoldenPath(model.Package), golden.File);
        }
    }

    private static PreparedModel Prepared(WorkloadModel model, PackageManifest manifest, ModelVariant variant) => new(
        model.Name,
        model.Package,
        variant.Format,
        ContentStore.VariantFolder(model.Package, variant.Name),
        variant.EntryFile,
        manifest.Golden is null ? null : ContentStore.GoldenPath(model.Package))
    {
        Reference = manifest.Reference,
    };

    private static FetchResult.Failed Explain(FetchOutcome outcome, string what) => outcome switch
    {
        FetchOutcome.NotFound missing => Failed(
            Blame.Device, AgentErrors.ContentMissing, $"{what}: {missing.Problem.Message}"),
        FetchOutcome.Refused refused => new FetchResult.Failed(Blame.Device, refused.Problem),
        FetchOutcome.DigestMismatch other => Failed(
            Blame.Device, AgentErrors.ContentChanged, $"{what} came as {other.Found.Short}"),
        FetchOutcome.RetryLater later => new FetchResult.Failed(Blame.Device, later.Problem),
        FetchOutcome.Done => throw Check.Unreachable(outcome),
        _ => throw Check.Unreachable(outcome),
    };

    private static FetchResult.Failed Failure(DiskException e) => e.Fault == DiskFault.Full
        ? Failed(Blame.Device, AgentErrors.DiskFull, e.Message)
        : Failed(Blame.Device, AgentErrors.DiskFailed, e.Message);

    private static FetchResult.Failed Failed(Blame blame, ErrorCode code, string message) =>
        new(blame, new Problem(code.Code, message));
}
