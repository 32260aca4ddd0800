using System.Collections.Immutable;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Kinds;

/// <summary>Credentials: who may call the server.</summary>
internal static class CredentialKind
{
    public static ResourceKind Kind { get; } = new()
    {
        Singular = "credential",
        Plural = "credentials",
        Aliases = ["cred"],
        Columns = [new("NAME"), new("ROLE"), new("AGE")],
        List = ListAsync,
        DeletePath = "credentials",
    };

    private static async Task<ImmutableArray<Listed>> ListAsync(Session session, ListQuery query, CancellationToken ct)
    {
        ResourceList<CredentialResource> list = await session.Client.ListCredentialsAsync(ct).ConfigureAwait(false);
        ImmutableArray<Listed> shown =
        [
            .. list.Items
                .Where(credential => query.Name.Length == 0 || credential.Name == query.Name)
                .Select(credential => new Listed(
                    credential.Name,
                    [credential.Name, credential.Role, Ages.Since(credential.CreatedAtMs, session.NowMs)],
                    () => ResourceObject.Of(
                        "Credential",
                        credential.Name,
                        null,
                        null,
                        ResourceObject.Fields(credential, ApiJson.Default.CredentialResource, "name", "token")))),
        ];
        return query.Name.Length > 0 && shown.IsEmpty
            ? throw new CliException(CliErrors.NotFound, $"there is no credential {query.Name}", ExitCodes.NotFound)
            : shown;
    }
}
