using System.Security.Cryptography;
using Kedge.Cli.Running;

namespace Kedge.Cli.Models;

/// <summary>Finds and reads the private key that a command signs with.</summary>
internal static class KeyChoice
{
    private const int KeyBytesMax = 16 * 1024;

    /// <summary>The named file, or one of the owner's folder that the context names.</summary>
    /// <param name="session">The run, for its context.</param>
    /// <param name="named">From the command line; empty when not given.</param>
    /// <param name="nameInOwnerFolder">Name of the file in the owner's folder.</param>
    public static ECDsa Read(Session session, string named, string nameInOwnerFolder)
    {
        string path = named;
        if (path.Length == 0)
        {
            string folder = session.Context.OwnerFolder;
            path = Path.Combine(folder, nameInOwnerFolder);
            if (folder.Length == 0 || !File.Exists(path))
            {
                throw new CliException(
                    CliErrors.NoKey,
                    folder.Length == 0 ? "the context names no folder of keys" : $"{path} does not exist",
                    ExitCodes.Failed);
            }
        }

        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CliException(CliErrors.NoKey, $"{path} does not exist", ExitCodes.Failed);
        }

        return file.Length > KeyBytesMax
            ? throw new CliException(CliErrors.BadKey, $"{path} is too large for a key", ExitCodes.Failed)
            : Parse(path, File.ReadAllText(path));
    }

    /// <summary>Reads a private key on P-256; ends the command when the text holds none.</summary>
    public static ECDsa Parse(string path, string pem)
    {
        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.KeySize == 256 && key.ExportParameters(includePrivateParameters: true).D is not null)
            {
                return key;
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new CliException(CliErrors.BadKey, $"{path}: {exception.Message}", ExitCodes.Failed, exception);
        }

        key.Dispose();
        throw new CliException(CliErrors.BadKey, $"{path} is no key on P-256", ExitCodes.Failed);
    }
}
