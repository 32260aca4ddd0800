using System.Security.Cryptography;

namespace Kedge.ControlPlane.Auth;

/// <summary>Files of keys and certificates: whole or not at all, private ones mode 0600 from the first byte.</summary>
public static class KeyFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Makes a folder that only its owner can look into; tightens one that is there.</summary>
    public static void CreateFolder(string path)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the server keeps its keys by Unix file modes");
        }

        Directory.CreateDirectory(path, owner);
        File.SetUnixFileMode(path, owner);
    }

    /// <summary>Writes a private key as PKCS #8 PEM (RFC 5958).</summary>
    public static void WriteKey(string path, ECDsa key) => Write(path, key.ExportPkcs8PrivateKeyPem() + "\n", Private);

    /// <summary>Reads a private key.</summary>
    public static ECDsa ReadKey(string path)
    {
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        return key;
    }

    /// <summary>Writes text that is no secret.</summary>
    public static void WritePublic(string path, string text) => Write(path, text, Readable);

    /// <summary>Writes text that is a secret.</summary>
    public static void WriteSecret(string path, string text) => Write(path, text, Private);

    private static void Write(string path, string text, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the server keeps its keys by Unix file modes");
        }

        string temporary = path + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
        };
        using (FileStream file = new(temporary, options))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
