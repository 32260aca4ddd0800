using System.Collections.Immutable;
using System.CommandLine;
using Kedge.Cli.Kinds;
using Kedge.Cli.Running;
using Kedge.Core.Manifests;

namespace Kedge.Cli.Commands;

/// <summary><c>kedge delete KIND NAME...</c> or <c>-f FILE</c>: takes away what was asked for.</summary>
internal static class DeleteCommand
{
    public static Command Create(CommandAction action)
    {
        Argument<string[]> words = new("KIND")
        {
            Description = "deployment, device, site, token or credential, then names; or KIND/NAME.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string[]> files = ApplyCommand.Files(isRequired: false);
        Command command =
            new("delete", "Take away deployments, devices, sites, tokens or credentials.") { words, files };
        action.Bind(command, (session, ct) =>
        {
            string[] given = session.Get(words) ?? [];
            string[] paths = session.Get(files) ?? [];
            if (given.Length == 0 == (paths.Length == 0))
            {
                throw new CliException(CliErrors.Usage, "give a kind with names, or -f FILE", ExitCodes.Usage);
            }

            return paths.Length > 0 ? DeleteFilesAsync(session, paths, ct) : DeleteNamedAsync(session, given, ct);
        });
        return command;
    }

    private static async Task DeleteNamedAsync(Session session, string[] words, CancellationToken ct)
    {
        (ResourceKind kind, ImmutableArray<string> names) = ResourceKinds.Split(words);
        if (names.IsEmpty)
        {
            throw new CliException(CliErrors.Usage, $"say which {kind.Plural} to delete", ExitCodes.Usage);
        }

        foreach (string name in names)
        {
            await DeleteAsync(session, kind, name, ct).ConfigureAwait(false);
        }
    }

    private static async Task DeleteFilesAsync(Session session, string[] paths, CancellationToken ct)
    {
        ManifestSet set =
            (await ManifestFiles.ReadAsync(session.World, paths, ct).ConfigureAwait(false)).Set;
        if (set.Models.Length + set.SigningPolicies.Length > 0)
        {
            throw new CliException(
                CliErrors.Kind,
                "the files hold models or signing policies, which are not deleted by manifest; nothing was deleted",
                ExitCodes.Usage);
        }

        foreach (var deployment in set.Deployments)
        {
            await DeleteAsync(session, DeploymentKind.Kind, deployment.Spec.Id.ToString(), ct).ConfigureAwait(false);
        }

        foreach (var device in set.Devices)
        {
            await DeleteAsync(session, DeviceKind.Kind, device.Spec.Id.ToString(), ct).ConfigureAwait(false);
        }

        foreach (var site in set.Sites)
        {
            await DeleteAsync(session, SiteKind.Kind, site.Spec.Name, ct).ConfigureAwait(false);
        }

        foreach (var token in set.Tokens)
        {
            await DeleteAsync(session, TokenKind.Kind, token.Spec.Name, ct).ConfigureAwait(false);
        }
    }

    private static async Task DeleteAsync(Session session, ResourceKind kind, string name, CancellationToken ct)
    {
        if (kind.DeletePath.Length == 0)
        {
            string hint = kind == ModelKind.Kind ? "; use kedge model rm" : "";
            throw new CliException(CliErrors.Kind, $"{kind.Plural} cannot be deleted{hint}", ExitCodes.Usage);
        }

        await session.Client.DeleteAsync(kind.DeletePath, name, ct).ConfigureAwait(false);
        session.Print.Line($"{kind.Singular}/{name} deleted");
    }
}
