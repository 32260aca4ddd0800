using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Native;

namespace Kedge.ControlPlane.Content.Deltas;

/// <summary>
/// Computes one difference, on a thread of its own that gives way. Both files are read over their chunks, the
/// difference goes to a file as it is made, and it is given up as soon as it is as long as the chunks that a device
/// with the base would fetch instead; so neither memory nor disk nor time is spent on what nobody will use. The same
/// files give the same bytes on every server.
/// </summary>
internal sealed class DeltaWork(ChunkFolder chunks, FileCatalog catalog, DeltaFolder folder)
{
    private readonly FileTensors _tensors = new(chunks, folder);

    /// <summary>Runs it. Throws what went wrong; whatever was begun is gone then.</summary>
    public async Task<DeltaOutcome> RunAsync(DeltaAsk ask, CancellationToken ct)
    {
        ReadFile target = await LoadAsync(ask.Target, ct).ConfigureAwait(false);
        ReadFile? origin = ask.Base is null ? null : await LoadAsync(ask.Base, ct).ConfigureAwait(false);
        return await OnThreadAsync(() => Run(ask, target, origin, ct)).ConfigureAwait(false);
    }

    private async Task<ReadFile> LoadAsync(CataloguedFile file, CancellationToken ct) =>
        await catalog.ReadAsync(file, ct).ConfigureAwait(false)
            ?? throw new KedgeException(ServerErrors.ContentLost, $"package {file.Package.Short} has gone");

    private static Task<DeltaOutcome> OnThreadAsync(Func<DeltaOutcome> run)
    {
        TaskCompletionSource<DeltaOutcome> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                if (OperatingSystem.IsLinux())
                {
                    CourteousThread.GiveWay();
                }

                done.SetResult(run());
            }
            catch (Exception e)
            {
                // It goes on to whoever awaits the job.
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "delta",
        };
        thread.Start();
        return done.Task;
    }

    private DeltaOutcome Run(DeltaAsk ask, ReadFile target, ReadFile? origin, CancellationToken ct)
    {
        if (folder.Verify(ask.Pair, ct) is KeptDelta kept)
        {
            return new DeltaOutcome.Ready(kept, IsNew: false);
        }

        long cost = CostOfChunks(target.File, origin?.File);
        if (cost < ServerLimits.DeltaFloorBytes)
        {
            return new DeltaOutcome.None(ServerErrors.DeltaUseless.At($"only {cost} bytes of chunks are missing"));
        }

        folder.RequireRoom(cost);
        string temporary = folder.TemporaryPath();
        try
        {
            using (Source to = Open(target, ct))
            using (Source? from = origin is null ? null : Open(origin, ct))
            {
                if (!TryEncode(to, from, temporary, cost, ct))
                {
                    return new DeltaOutcome.None(
                        ServerErrors.DeltaUseless.At($"it would not be shorter than {cost} bytes of chunks"));
                }
            }

            return folder.Keep(ask, temporary, DeltaFolder.DigestOf(temporary, ct)) is KeptDelta made
                ? new DeltaOutcome.Ready(made, IsNew: true)
                : new DeltaOutcome.None(ServerErrors.DeltaUseless.At("it is longer than --delta-max"));
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>False when the difference gets as long as what it is to save.</summary>
    private static bool TryEncode(Source to, Source? from, string path, long bytesMax, CancellationToken ct)
    {
        using DeltaEncoder encoder = new(to.File, from?.File);
        using DeltaWriter writer = new(path, encoder.FrontBytes, bytesMax);
        while (!encoder.IsDone)
        {
            ct.ThrowIfCancellationRequested();
            if (!writer.TryWrite(encoder.Next()))
            {
                return false;
            }
        }

        writer.Finish(encoder.Front());
        return true;
    }

    /// <summary>A file as the encoder wants it.</summary>
    private Source Open(ReadFile read, CancellationToken ct)
    {
        PackageFile file = read.File;
        ChunkedFile chunked = new(chunks, file);
        try
        {
            ModelFile content = new(Path.GetFileName(file.Path), file.Bytes, chunked.Read);
            TensorMap tensors = _tensors.Find(read, content, ct);
            return new Source(chunked, new DeltaFile(file.Digest, content, tensors, file.Chunks));
        }
        catch (Exception)
        {
            chunked.Dispose();
            throw;
        }
    }

    /// <summary>What a device with the base would fetch without a difference, in bytes of chunks on the line.</summary>
    private long CostOfChunks(PackageFile target, PackageFile? origin)
    {
        HashSet<Digest> there = origin is null ? [] : [.. origin.Chunks.Select(c => c.Digest)];
        return target.Chunks.Where(c => there.Add(c.Digest)).Sum(c => (long)chunks.StoredBytes(c.Digest));
    }

    /// <summary>One side of a difference while it is read.</summary>
    private sealed record Source(ChunkedFile Chunked, DeltaFile File) : IDisposable
    {
        public void Dispose() => Chunked.Dispose();
    }
}
