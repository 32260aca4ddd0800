using System.CommandLine;
using Kedge.Cli.Running;
using Kedge.Oci;
using Kedge.Oci.Registry;

namespace Kedge.Cli.Models;

/// <summary>How commands call registries. Passwords come from files and the environment, never from the command
/// line.</summary>
internal sealed class RegistryArguments
{
    public Option<bool> PlainHttp { get; } = new("--plain-http")
    {
        Description = "Call the registry without TLS; one on this machine is called so anyway.",
    };

    public Option<string> Auth { get; } = new("--registry-auth")
    {
        Description = "Credentials as in Docker's config.json. When left out: KEDGE_REGISTRY_USER and "
            + "KEDGE_REGISTRY_PASSWORD, or the file of DOCKER_CONFIG or ~/.docker.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(PlainHttp);
        command.Add(Auth);
    }

    /// <summary>Reads a place; ends the command when it is none.</summary>
    public static OciPlace Place(string text) => OciPlace.TryParse(text, out OciPlace? place)
        ? place
        : throw new CliException([OciErrors.Place.At($"'{text}' names no place")], ExitCodes.Usage);

    /// <summary>Opens a place.</summary>
    public IArtifactStore Open(Session session, OciPlace place) => ArtifactStores.Open(place, new RegistryOptions
    {
        Time = session.World.Time,
        PlainHttp = session.Get(PlainHttp),
        Credential = place is OciPlace.Registry registry ? Credential(session, registry.Authority) : null,
    });

    private RegistryCredential? Credential(Session session, string authority)
    {
        Func<string, string?> environment = session.World.Environment;
        string named = session.Get(Auth) ?? "";
        if (named.Length == 0 && environment("KEDGE_REGISTRY_USER") is { Length: > 0 } user)
        {
            return new RegistryCredential(user, environment("KEDGE_REGISTRY_PASSWORD") ?? "");
        }

        string folder = environment("DOCKER_CONFIG") is { Length: > 0 } set
            ? set
            : Path.Combine(session.World.Home, ".docker");
        FileInfo file = new(named.Length > 0 ? named : Path.Combine(folder, "config.json"));
        if (!file.Exists)
        {
            return named.Length == 0
                ? null
                : throw new CliException(CliErrors.File, $"{named} does not exist", ExitCodes.Failed);
        }

        return file.Length > OciLimits.CredentialBytesMax
            ? throw new CliException([OciErrors.Credentials.At($"{file} is too large")], ExitCodes.Refused)
            : RegistryCredential.Find(File.ReadAllBytes(file.FullName), authority);
    }
}
