using System.Collections.Immutable;
using System.Globalization;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Models;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Models;

/// <summary>
/// Brings a package of the server to a registry or folder: files that are missing there, the manifest, its tag, then
/// the signatures. Files pass through in pieces; none is held whole.
/// </summary>
internal sealed class PackageExport(Session session, IArtifactStore store)
{
    /// <summary>Bytes of files that were sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Files that were sent.</summary>
    public int SentFiles { get; private set; }

    /// <summary>Runs the export.</summary>
    /// <returns>The artifact, which is there now.</returns>
    public async Task<ModelPackArtifact> RunAsync(ServerPackage package, string tag, CancellationToken ct)
    {
        ModelPackArtifact artifact = ModelPackWriter.Of(package.Manifest, package.Envelope);
        Dictionary<Core.Digest, PackageFile> files = [];
        foreach (PackageFile file in package.Manifest.AllFiles())
        {
            _ = files.TryAdd(file.Digest, file);
        }

        foreach (OciDescriptor blob in artifact.Files.Select(static file => file.Blob).DistinctBy(static b => b.Digest))
        {
            if (!await store.HasBlobAsync(blob, ct).ConfigureAwait(false))
            {
                await SendAsync(blob, files[blob.Digest], ct).ConfigureAwait(false);
            }
        }

        _ = await store.PutAsync(artifact.ConfigBlob, artifact.Config, ct).ConfigureAwait(false);
        _ = await store.PutAsync(artifact.EnvelopeBlob, package.Envelope, ct).ConfigureAwait(false);
        await store.PutManifestAsync(artifact.Document, tag, ct).ConfigureAwait(false);
        await ReferAsync(artifact, artifact.Referrers, ct).ConfigureAwait(false);
        return artifact;
    }

    private async Task SendAsync(OciDescriptor blob, PackageFile file, CancellationToken ct)
    {
        ServerFile source = new(session.Client, file);
        string title = string.Create(CultureInfo.InvariantCulture, $"exporting {file.Path}, {Ages.Bytes(file.Bytes)}");
        await ProgressLine.RunAsync(session.World, title, file.Bytes, advance => store.PutBlobAsync(
            blob,
            async (offset, into, inner) =>
            {
                await source.ReadAsync(offset, into, inner).ConfigureAwait(false);
                advance(into.Length);
            },
            ct)).ConfigureAwait(false);
        SentBytes += file.Bytes;
        SentFiles++;
    }

    private async Task ReferAsync(
        ModelPackArtifact artifact, ImmutableArray<ModelPackReferrer> referrers, CancellationToken ct)
    {
        OciDescriptor empty = OciDescriptor.Of(OciMediaTypes.Empty, ModelPackReferrer.EmptyConfig.Span);
        _ = await store.PutAsync(empty, ModelPackReferrer.EmptyConfig, ct).ConfigureAwait(false);
        foreach (ModelPackReferrer referrer in referrers)
        {
            _ = await store.PutAsync(referrer.Blob, referrer.Content, ct).ConfigureAwait(false);
            await store.PutReferrerAsync(referrer.Document, referrer.Entry, artifact.Document.Digest, ct)
                .ConfigureAwait(false);
        }
    }
}
