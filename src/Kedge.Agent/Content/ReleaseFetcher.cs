using System.Collections.Immutable;
using Kedge.Agent.Neighbours;
using Kedge.Agent.Trust;
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
/// How the bytes of a missing file come is <see cref="FileFetcher"/>'s.
/// </summary>
/// <param name="store">Where content is kept.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="trust">Who may sign.</param>
/// <param name="time">For the pace that a release may be fetched at.</param>
/// <param name="hasEnded">True when a time, Unix milliseconds UTC, is over.</param>
internal sealed class ReleaseFetcher(
    ContentStore store, IArtifactSource source, TrustKeeper trust, TimeProvider time, Func<long, bool> hasEnded)
{
    private readonly FetchLine _line = new(time);
    private readonly PackageJudge _judge = new(trust, hasEnded);
    private FileFetcher? _files;

    /// <summary>Other devices of the site; null where none are configured.</summary>
    internal NeighbourWay? Neighbours { get; init; }

    /// <summary>Bytes that came from the source since the start.</summary>
    internal long FetchedBytes => _line.Bytes;

    /// <summary>The device's own pace at this moment, in bytes per second; 0 for none.</summary>
    internal Func<long> DevicePace
    {
        init => _line.DevicePace = value;
    }

    /// <summary>Bytes by way since the start; those of <c>local</c> came from this disk.</summary>
    internal ImmutableArray<WayBytes> ByWay => _line.ByWay;

    /// <summary>Told, on any thread, of what went wrong without hindering the fetch.</summary>
    internal Action<Finding>? OnTrouble { get; init; }

    private FileFetcher Files => _files ??= new FileFetcher(
        store,
        [
            new LocalWay(store, _line),
            .. Neighbours is null ? [] : (FetchWay[])[Neighbours],
            new DeltaWay(store, source, _line, time) { OnWrong = OnTrouble },
            new ChunkWay(source, _line),
        ]);

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

                if (_judge.Judge(envelope, model, false, out FetchResult.Failed? failed) is not { } judged)
                {
                    return failed!; // Judge gives one or the other.
                }

                if (judged.Files().Any(f => !store.IsRight(f.Path, f.File)))
                {
                    return new FetchResult.Missing();
                }

                models.Add(judged.Prepared());
                store.Shelf.Use(model.Package, model.Name);
            }

            return new FetchResult.Ready(new PreparedRelease(spec, models.ToImmutable()));
        }
        catch (DiskException e)
        {
            return FetchFailures.Of(e);
        }
    }

    /// <summary>Fetches what is missing, then verifies the whole.</summary>
    internal async ValueTask<FetchResult> FetchAsync(WorkloadSpec spec, CancellationToken cancel)
    {
        _line.ReleasePace = spec.FetchBytesPerSecond;
        try
        {
            foreach (WorkloadModel model in spec.Models)
            {
                try
                {
                    if (await FetchModelAsync(model, cancel).ConfigureAwait(false) is { } failed)
                    {
                        return failed;
                    }
                }
                finally
                {
                    await (Neighbours?.LeaveAsync(model.Package) ?? ValueTask.CompletedTask).ConfigureAwait(false);
                }
            }
        }
        catch (DiskException e)
        {
            return FetchFailures.Of(e);
        }

        FetchResult result = Verify(spec);
        return result is FetchResult.Missing
            ? FetchFailures.Failed(
                Blame.Device, AgentErrors.ContentChanged, "a file was right when it came and is not any more")
            : result;
    }

    private async ValueTask<FetchResult.Failed?> FetchModelAsync(WorkloadModel model, CancellationToken cancel)
    {
        bool isNew = store.ReadEnvelope(model.Package) is null;
        (byte[]? envelope, FetchResult.Failed? none) =
            await EnvelopeAsync(model.Package, cancel).ConfigureAwait(false);
        if (envelope is null)
        {
            return none;
        }

        if (_judge.Judge(envelope, model, isNew, out FetchResult.Failed? failed) is not { } judged)
        {
            // The policy may have changed since it was fetched last: asked once more before the release is refused.
            await RefreshTrustAsync(cancel).ConfigureAwait(false);
            if (_judge.Judge(envelope, model, isNew, out failed) is not { } second)
            {
                return failed;
            }

            judged = second;
        }

        ImmutableArray<WantedFile> missing = [.. judged.Files().Where(f => !store.IsRight(f.Path, f.File))];
        TellDamaged(missing);
        if (store.Shelf.MakeRoom(missing.Sum(f => store.BytesMissing(model.Package, f.File))) is { } full)
        {
            return new FetchResult.Failed(Blame.Device, new Problem(full.Code, full.Message));
        }

        store.KeepEnvelope(model.Package, envelope);
        envelope = null; // It has megabytes, and the fetch may take hours.
        LocalContent local = new(store, _judge, judged, missing);
        foreach (WantedFile wanted in missing)
        {
            using PartialFile partial = store.Begin(model.Package, wanted.File);
            using TailFile tail = store.Tail(model.Package, wanted.File.Digest);
            tail.OnAdded = partial.Stir;
            FileFetch fetch = new(model, wanted, partial, tail, local);
            if (await Files.BringAsync(fetch, cancel).ConfigureAwait(false) is { } bad)
            {
                return bad;
            }

            tail.Delete();
            store.Front(model.Package, wanted.File.Digest).Delete();
        }

        return null;
    }

    /// <summary>
    /// Reads the files of releases slowly; those with a file that is wrong, or whose package is not there any more.
    /// </summary>
    internal async ValueTask<ImmutableArray<WorkloadSpec>> ScrubAsync(
        IReadOnlyList<WorkloadSpec> specs, CancellationToken cancel)
    {
        ImmutableArray<WorkloadSpec>.Builder damaged = ImmutableArray.CreateBuilder<WorkloadSpec>();
        foreach (WorkloadSpec spec in specs)
        {
            if (!await AreRightAsync(spec, cancel).ConfigureAwait(false))
            {
                damaged.Add(spec);
            }
        }

        return damaged.ToImmutable();
    }

    private async ValueTask<bool> AreRightAsync(WorkloadSpec spec, CancellationToken cancel)
    {
        try
        {
            foreach (WorkloadModel model in spec.Models)
            {
                if (store.ReadEnvelope(model.Package) is not { } envelope)
                {
                    return false;
                }

                foreach (WantedFile wanted in _judge.Judge(envelope, model, false, out _)?.Files() ?? [])
                {
                    if (!await store.IsRightSlowlyAsync(wanted, time, cancel).ConfigureAwait(false))
                    {
                        return false;
                    }
                }
            }

            return true;
        }
        catch (DiskException)
        {
            // What cannot be read is fetched again.
            return false;
        }
    }

    private void TellDamaged(ImmutableArray<WantedFile> missing)
    {
        foreach (WantedFile wanted in missing)
        {
            if (store.Length(wanted.Path) is not null)
            {
                OnTrouble?.Invoke(AgentErrors.ContentDamaged.At(
                    $"{wanted.Path} is not {wanted.File.Digest.Short} any more"));
            }
        }
    }

    /// <summary>The envelope of a package: from the disk, else from a neighbour, else from the source.</summary>
    private async ValueTask<(byte[]? Envelope, FetchResult.Failed? Failed)> EnvelopeAsync(
        Digest package, CancellationToken cancel)
    {
        if (store.ReadEnvelope(package) is { } held)
        {
            return (held, null);
        }

        if (await FromNeighboursAsync(package, cancel).ConfigureAwait(false) is { } near)
        {
            return (near, null);
        }

        string what = $"package {package.Short}";
        using TailFile tail = store.Tail(package, package);
        WholeIntake intake = new(source, _line, tail);
        StreamOutcome? hindered = await intake.BringAsync(
            new ContentName.Envelope(package),
            new TailHead { Kind = TailKind.Envelope, Of = package },
            ("envelope", ModelLimits.EnvelopeBytesMax),
            cancel).ConfigureAwait(false);
        if (hindered is not null)
        {
            return (null, FetchFailures.Explain(hindered, what));
        }

        byte[]? envelope = intake.Content(ModelLimits.EnvelopeBytesMax)?.ToArray();
        tail.Delete();
        return (envelope, envelope is not null ? null : FetchFailures.Failed(
            Blame.Device, AgentErrors.ContentChanged, $"{what} came as something that cannot be decompressed"));
    }

    /// <summary>
    /// An envelope that another device has and this one trusts; null where the server is to be asked.
    /// </summary>
    private async ValueTask<byte[]?> FromNeighboursAsync(Digest package, CancellationToken cancel)
    {
        return Neighbours is null
            ? null
            : await Neighbours.EnvelopeAsync(package, IsGoodAsync, cancel).ConfigureAwait(false);
        async ValueTask<bool> IsGoodAsync(byte[] envelope)
        {
            if (_judge.Read(envelope, package) is not null)
            {
                return true;
            }

            await RefreshTrustAsync(cancel).ConfigureAwait(false);
            return _judge.Read(envelope, package) is not null;
        }
    }

    private async ValueTask RefreshTrustAsync(CancellationToken cancel)
    {
        if (await source.GetTrustAsync(cancel).ConfigureAwait(false) is FetchOutcome.Done done)
        {
            _ = trust.Offer(done.Bytes.Span);
        }
    }
}
