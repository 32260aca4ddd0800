using System.Collections.Immutable;
using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Content.Formats;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Models;

/// <summary>
/// Takes over a package that is signed already: the same bytes, so the same digest and signatures. The server judges
/// the signature before a byte of content is fetched, and only files that it lacks something of are.
/// </summary>
internal sealed class SignedImport(Session session, IArtifactStore store, ModelPackContent content)
{
    /// <summary>Bytes that were fetched.</summary>
    public long FetchedBytes { get; private set; }

    /// <summary>Runs the import.</summary>
    /// <param name="envelopeBlob">The layer with the signed package.</param>
    /// <param name="name">The name that it must have; empty for any.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<PushResource> RunAsync(OciDescriptor envelopeBlob, string name, CancellationToken ct)
    {
        byte[] envelope = await store.GetAsync(envelopeBlob, ModelLimits.EnvelopeBytesMax, ct).ConfigureAwait(false);
        PackageManifest manifest = ServerPackage.ManifestOf(envelope, out Digest digest);
        ImmutableArray<PackedLayer> files = Matching(manifest, envelope);
        if (name.Length > 0 && name != manifest.Name)
        {
            throw new CliException(
                CliErrors.SignedName, $"it is signed as {manifest.Name}, not {name}", ExitCodes.Refused);
        }

        PushResource answer = await session.Client.PushPackageAsync(envelope, ct).ConfigureAwait(false);
        if (answer.MissingChunks.Count == 0)
        {
            return answer;
        }

        HashSet<string> missing = [.. answer.MissingChunks];
        ImmutableArray<PackageFile> wanted = [.. manifest.AllFiles()
            .Where(file => file.Chunks.Any(chunk => missing.Contains(chunk.Digest.ToString())))
            .DistinctBy(static file => file.Digest)];
        using ImportFolder folder = new();
        ImmutableArray<PackedLayer> fetched =
            [.. wanted.Select(file => files.First(layer => layer.Digest == file.Digest))];
        await folder.FetchAsync(session, store, fetched, ct).ConfigureAwait(false);
        FetchedBytes = folder.FetchedBytes;
        using PushFiles open = new(ct);
        PackagePush push = new(session, new BuildOutcome.Built
        {
            Manifest = manifest,
            Payload = [],
            Identity = new PackageIdentity(manifest.Name, digest),
            Chunks = Chunks(wanted, [.. fetched.Select(file => open.Open(folder.PathOf(file)))]),
        });
        return await push.RunAsync(envelope, ct).ConfigureAwait(false);
    }

    /// <summary>The artifact must hold every file that was signed, under its path.</summary>
    private ImmutableArray<PackedLayer> Matching(PackageManifest manifest, byte[] envelope)
    {
        Dictionary<string, PackedLayer> there =
            content.Files.ToDictionary(static file => file.Path, StringComparer.Ordinal);
        ImmutableArray<PackedLayer> signed = ModelPackWriter.Of(manifest, envelope).Files;
        PackedLayer? other = signed.FirstOrDefault(file =>
            !there.TryGetValue(file.Path, out PackedLayer? found)
            || found.Digest != file.Digest || found.Blob.Bytes != file.Blob.Bytes);
        return other is null
            ? signed
            : throw new CliException(
                [OciErrors.OtherFiles.At($"signed is '{other.Path}' as {other.Digest.Short}")], ExitCodes.Refused);
    }

    private static ImmutableArray<ChunkSource> Chunks(
        ImmutableArray<PackageFile> files, ImmutableArray<ModelFile> contents)
    {
        ImmutableArray<ChunkSource>.Builder chunks = ImmutableArray.CreateBuilder<ChunkSource>();
        HashSet<Digest> seen = [];
        foreach ((PackageFile file, ModelFile bytes) in files.Zip(contents))
        {
            long offset = 0;
            foreach (ChunkRef chunk in file.Chunks)
            {
                if (seen.Add(chunk.Digest))
                {
                    chunks.Add(new ChunkSource(chunk, bytes, offset));
                }

                offset += chunk.Bytes;
            }
        }

        return chunks.DrainToImmutable();
    }
}
