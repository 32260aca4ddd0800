using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Kinds;

/// <summary>Enrolment tokens, without their secrets.</summary>
internal static class TokenKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "token",
        Plural = "tokens",
        Aliases = ["enrollmenttoken", "enrollmenttokens"],
        Columns = [new("NAME"), new("USES"), new("ENDS IN"), new("DEVICE"), new("LABELS")],
        List = ListAsync,
        DeletePath = "enrollmenttokens",
    };

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        ResourceList<EnrollmentTokenResource> list =
            await session.Client.ListEnrollmentTokensAsync(ct).ConfigureAwait(false);
        ImmutableArray<Listed> shown =
        [
            .. list.Items
                .Where(token => query.Name.Length == 0 || token.Name == query.Name)
                .Select(token => Show(token, session.NowMs)),
        ];
        return query.Name.Length > 0 && shown.IsEmpty
            ? throw new CliException(CliErrors.NotFound, $"there is no token {query.Name}", ExitCodes.NotFound)
            : shown;
    }

    private static Listed Show(EnrollmentTokenResource token, long nowMs) => new(
        token.Name,
        [
            token.Name,
            string.Create(CultureInfo.InvariantCulture, $"{token.Uses}/{token.UsesMax}"),
            Ages.Until(token.ExpiresAtMs, nowMs),
            token.Device,
            ResourceObject.Text(token.Labels),
        ],
        () => Whole(token));

    private static JsonObject Whole(EnrollmentTokenResource token)
    {
        JsonObject spec = new() { ["uses"] = token.UsesMax };
        if (token.Device.Length > 0)
        {
            spec["deviceName"] = token.Device;
        }

        if (token.Labels.Count > 0)
        {
            spec["labels"] = ResourceObject.Labels(token.Labels);
        }

        return ResourceObject.Of(
            ManifestKinds.EnrollmentToken,
            token.Name,
            null,
            spec,
            ResourceObject.Fields(
                token, ApiJson.Default.EnrollmentTokenResource, "name", "usesMax", "device", "labels", "token"));
    }
}
