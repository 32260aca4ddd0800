using System.Buffers;
using System.Globalization;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content.Packages;

namespace Kedge.Cli.Models;

/// <summary>Brings a package to the server: only chunks that it lacks, then the signed envelope.</summary>
internal sealed class PackagePush(Session session, BuildOutcome.Built package)
{
    private const int DigestsPerCall = 4_096;
    private const int UploadsAtOnce = 4;

    /// <summary>Bytes that were sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Chunks that were sent.</summary>
    public int SentChunks { get; private set; }

    /// <summary>Sends what is missing and stores the package.</summary>
    public async Task<PushResource> RunAsync(byte[] envelope, CancellationToken ct)
    {
        await UploadAsync(await MissingAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        PushResource stored = await session.Client.PushPackageAsync(envelope, ct).ConfigureAwait(false);
        if (stored.MissingChunks.Count == 0)
        {
            return stored;
        }

        // A chunk may have been collected as unused between both calls.
        await UploadAsync([.. stored.MissingChunks], ct).ConfigureAwait(false);
        return await session.Client.PushPackageAsync(envelope, ct).ConfigureAwait(false);
    }

    private async Task<HashSet<string>> MissingAsync(CancellationToken ct)
    {
        HashSet<string> missing = new(StringComparer.Ordinal);
        foreach (ChunkSource[] batch in package.Chunks.Chunk(DigestsPerCall))
        {
            string[] digests = [.. batch.Select(chunk => chunk.Chunk.Digest.ToString())];
            missing.UnionWith(
                (await session.Client.MissingChunksAsync(digests, ct).ConfigureAwait(false)).Digests);
        }

        return missing;
    }

    private async Task UploadAsync(HashSet<string> missing, CancellationToken ct)
    {
        ChunkSource[] chunks =
            [.. package.Chunks.Where(chunk => missing.Contains(chunk.Chunk.Digest.ToString()))];
        if (chunks.Length == 0)
        {
            return;
        }

        long total = chunks.Sum(chunk => (long)chunk.Chunk.Bytes);
        string title = string.Create(
            CultureInfo.InvariantCulture, $"uploading {chunks.Length} chunks, {Ages.Bytes(total)}");
        using ChunkUpload upload = new(session.Client);
        await ProgressLine.RunAsync(session.World, title, total, async advance =>
        {
            ParallelOptions options = new() { MaxDegreeOfParallelism = UploadsAtOnce, CancellationToken = ct };
            await Parallel.ForEachAsync(chunks, options, async (chunk, inner) =>
            {
                await SendAsync(upload, chunk, inner).ConfigureAwait(false);
                advance(chunk.Chunk.Bytes);
            }).ConfigureAwait(false);
        }).ConfigureAwait(false);
        SentBytes += total;
        SentChunks += chunks.Length;
    }

    /// <summary>The file is read again: a package may be larger than memory.</summary>
    private static async Task SendAsync(ChunkUpload upload, ChunkSource chunk, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(chunk.Chunk.Bytes);
        try
        {
            if (chunk.Read(buffer.AsSpan(0, chunk.Chunk.Bytes)) is { } changed)
            {
                throw new CliException([changed], ExitCodes.Refused);
            }

            await upload.SendAsync(chunk.Chunk.Digest, buffer.AsMemory(0, chunk.Chunk.Bytes), ct)
                .ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
