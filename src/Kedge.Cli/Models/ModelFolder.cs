using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Content;
using Kedge.Content.Trust.ModelSigning;
using Kedge.Core;

namespace Kedge.Cli.Models;

/// <summary>
/// The files of a model on this machine, for signing and verifying: one file, or a folder with all that lies in it but
/// for what is left out. Follows no link. Each file is read as a stream.
/// </summary>
internal static class ModelFolder
{
    private const int BufferBytes = 256 * 1024;

    /// <summary>The files with their digests, in the order of a statement.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="ignored">Paths below the folder that are left out, with all that lies in them.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ImmutableArray<SignedFile>> ReadAsync(
        string path, IReadOnlyCollection<string> ignored, CancellationToken ct)
    {
        if (File.Exists(path))
        {
            Refuse(new FileInfo(path), path);
            return [new SignedFile(SignedFile.WholeModel, await DigestAsync(path, ct).ConfigureAwait(false))];
        }

        if (!Directory.Exists(path))
        {
            throw new CliException(CliErrors.File, $"{path} does not exist", ExitCodes.Failed);
        }

        List<SignedFile> found = [];
        foreach ((string name, string file) in Walk(path, ignored))
        {
            found.Add(new SignedFile(name, await DigestAsync(file, ct).ConfigureAwait(false)));
        }

        return found.Count > 0
            ? [.. found.Order(SignedFile.Order)]
            : throw new CliException(CliErrors.File, $"{path} holds no file", ExitCodes.Refused);
    }

    /// <summary>The name of a model as its signature has it: the last part of its path.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(
        Path.GetFullPath(path)));

    /// <summary>Where its signature lies unless another place is named.</summary>
    public static string SignatureOf(string path) =>
        Directory.Exists(path) ? Path.Combine(path, "model.sig") : path + ".sig";

    /// <summary>What to leave out: version control, the signature itself, and what was named.</summary>
    public static IReadOnlyList<string> Ignored(string path, string signature, IEnumerable<string> named)
    {
        string inside = Path.GetRelativePath(path, Path.GetFullPath(signature)).Replace('\\', '/');
        return [.. ModelFiles.OfVersionControl, inside, .. named];
    }

    private static IEnumerable<(string Name, string File)> Walk(string root, IReadOnlyCollection<string> ignored)
    {
        int count = 0;
        Stack<DirectoryInfo> folders = new([new DirectoryInfo(root)]);
        while (folders.TryPop(out DirectoryInfo? folder))
        {
            foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos())
            {
                string name = Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');
                if (ModelFiles.IsIgnored(name, ignored))
                {
                    continue;
                }

                Refuse(entry, name);
                if (entry is DirectoryInfo inner)
                {
                    folders.Push(inner);
                    continue;
                }

                if (++count > ContentLimits.SignedFilesMax)
                {
                    throw new CliException(
                        [ContentErrors.TooLarge.At(
                            $"{root} holds more than {ContentLimits.SignedFilesMax} files, which one signature lists")],
                        ExitCodes.Refused);
                }

                yield return (name, entry.FullName);
            }
        }
    }

    private static void Refuse(FileSystemInfo entry, string name)
    {
        if (entry.LinkTarget is not null)
        {
            throw new CliException(
                [ModelSigningErrors.Path.At($"'{name}' is a link to '{entry.LinkTarget}'.")], ExitCodes.Refused);
        }
    }

    private static async Task<Digest> DigestAsync(string file, CancellationToken ct)
    {
        FileStream stream = new(
            file, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes,
            FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            return Digest.FromHash(await SHA256.HashDataAsync(stream, ct).ConfigureAwait(false));
        }
    }
}
