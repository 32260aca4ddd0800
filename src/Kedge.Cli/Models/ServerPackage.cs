using System.Collections.Immutable;
using System.Text;
using Kedge.Api.Resources;
using Kedge.Cli.Running;
using Kedge.Content;
using Kedge.Content.Packages;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>A package that the server has, with its signed manifest. Never compared.</summary>
/// <param name="Resource">What the server says of it.</param>
/// <param name="Envelope">The signed manifest, as it is.</param>
/// <param name="Manifest">What it says.</param>
internal sealed record ServerPackage(PackageResource Resource, ReadOnlyMemory<byte> Envelope, PackageManifest Manifest)
{
    /// <summary>Asks for a package by the name that a user gave it.</summary>
    public static async Task<ServerPackage> ReadAsync(Session session, string name, CancellationToken ct)
    {
        string digest = await PackageNames.ResolveAsync(session, name, ct).ConfigureAwait(false);
        PackageResource resource = await session.Client.GetPackageAsync(digest, ct).ConfigureAwait(false);
        byte[] envelope = Encoding.UTF8.GetBytes(resource.Envelope ?? "");
        PackageManifest manifest = ManifestOf(envelope, out Digest payload);
        return payload.ToString() == digest
            ? new ServerPackage(resource, envelope, manifest)
            : throw new CliException(
                [ContentErrors.DigestMismatch.At($"asked for {digest}, the server gave {payload}")], ExitCodes.Refused);
    }

    /// <summary>Reads the manifest of an envelope; ends the command when it cannot be read.</summary>
    public static PackageManifest ManifestOf(ReadOnlyMemory<byte> envelope, out Digest payload)
    {
        payload = default;
        if (!Dsse.TryParse(envelope.Span, out DsseEnvelope? parsed, out Finding? finding) || parsed is null)
        {
            throw new CliException(finding is null ? [] : [finding], ExitCodes.Refused);
        }

        if (!PackageFormat.TryRead(
                parsed.Payload.Span, out PackageManifest? manifest, out ImmutableArray<Finding> findings)
            || manifest is null)
        {
            throw new CliException(findings, ExitCodes.Refused);
        }

        payload = Digest.Of(parsed.Payload.Span);
        return manifest;
    }
}
