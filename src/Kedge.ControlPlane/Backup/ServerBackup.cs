using System.Buffers;
using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store;
using Kedge.Store.Sqlite;

namespace Kedge.ControlPlane.Backup;

/// <summary>
/// A backup is one tar file: a consistent copy of the store, by wish the chunks, when it is made on the server's own
/// data folder also its keys, and as the last entry the checksums of all others, so that a file that was cut short is
/// known as such. After a restore devices hold
/// generations that the store does not know; the floor loop lifts the next ones above them.
/// </summary>
public static class ServerBackup
{
    private const string StoreEntry = "store/kedge.db";
    private const string ChecksumsEntry = "checksums.json";
    private const int ChecksumsBytesMax = 256 * Limits.MiB;

    /// <summary>
    /// Writes a backup to a new temporary file in the data folder; the caller deletes it. Keys are never in it: what is
    /// asked for over the network must not hold them.
    /// </summary>
    internal static async Task<string> WriteAsync(ServerScope server, bool content, CancellationToken ct)
    {
        if (server.BackUpStore is null)
        {
            throw new KedgeException(ServerErrors.BackupByDatabase, "this server's store is not a file");
        }

        string folder = server.Options.DataFolder;
        string name = $"backup-{Secrets.NewName("work")}";
        string database = Path.Combine(folder, name + ".db");
        string tar = Path.Combine(folder, name + ".tar");
        try
        {
            await server.BackUpStore(database, ct).ConfigureAwait(false);
            await WriteTarAsync(tar, [(StoreEntry, database), .. Chunks(folder, content)], ct).ConfigureAwait(false);
            return tar;
        }
        catch (Exception)
        {
            File.Delete(tar);
            throw;
        }
        finally
        {
            File.Delete(database);
        }
    }

    /// <summary>
    /// Writes a backup of a data folder on this machine, with the server's keys, while a server may run on it.
    /// </summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="tar">File to write, mode 0600; must not exist. One that failed is removed again.</param>
    /// <param name="content">True to include the chunks of the packages.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="KedgeException">
    /// <c>KEDGE-SERVER-003</c> when the folder is none of a server, <c>-011</c> when its store is no file.
    /// </exception>
    public static async Task WriteLocalAsync(string dataFolder, string tar, bool content, CancellationToken ct)
    {
        ServerPaths paths = new(dataFolder);
        if (!File.Exists(paths.Complete))
        {
            throw new KedgeException(ServerErrors.KeysMissing, $"{dataFolder} is no data folder of a server");
        }

        if (!File.Exists(paths.Database))
        {
            throw new KedgeException(ServerErrors.BackupByDatabase, $"there is no {paths.Database}");
        }

        if (File.Exists(tar))
        {
            throw new KedgeException(StoreErrors.BackupFailed, $"{tar} exists");
        }

        bool isWhole = false;
        string database = Path.Combine(dataFolder, $"backup-{Secrets.NewName("work")}.db");
        try
        {
            SqliteStore.CopyFile(paths.Database, database);
            IEnumerable<(string, string)> keys = paths.KeyFiles.Where(File.Exists)
                .Select(path => ("keys/" + Path.GetFileName(path), path));
            await WriteTarAsync(
                tar, [(StoreEntry, database), .. keys, .. Chunks(dataFolder, content)], ct).ConfigureAwait(false);
            isWhole = true;
        }
        finally
        {
            File.Delete(database);
            if (!isWhole)
            {
                File.Delete(tar);
            }
        }
    }

    /// <summary>
    /// Puts a backup into an empty data folder. Everything is checked before anything is in its place. Throws
    /// <c>KEDGE-SERVER-005</c> for a damaged backup and <c>KEDGE-SERVER-006</c> for a folder that is not empty.
    /// </summary>
    /// <param name="tar">The backup.</param>
    /// <param name="dataFolder">Where the server's data is to be.</param>
    /// <param name="ct">Cancels; the folder is then left out.</param>
    public static async Task RestoreAsync(string tar, string dataFolder, CancellationToken ct)
    {
        string target = Path.GetFullPath(dataFolder).TrimEnd('/');
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new KedgeException(ServerErrors.NotEmpty, $"{target} holds files");
        }

        string incoming = target + ".restoring";
        if (Directory.Exists(incoming))
        {
            Directory.Delete(incoming, recursive: true);
        }

        KeyFile.CreateFolder(incoming);
        try
        {
            await ExtractAsync(tar, incoming, ct).ConfigureAwait(false);
            if (Directory.Exists(target))
            {
                Directory.Delete(target);
            }

            Directory.Move(incoming, target);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException)
        {
            throw new KedgeException(ServerErrors.BadBackup, e.Message, e);
        }
        finally
        {
            if (Directory.Exists(incoming))
            {
                Directory.Delete(incoming, recursive: true);
            }
        }
    }

    private static IEnumerable<(string Entry, string File)> Chunks(string folder, bool content)
    {
        string chunks = new ServerPaths(folder).Chunks;
        return content && Directory.Exists(chunks)
            ? Directory.EnumerateDirectories(chunks, "??").SelectMany(Directory.EnumerateFiles)
                .Where(path => ChunkFile.TryParse(Path.GetFileName(path), out _))
                .Select(path => ("chunks/" + Path.GetFileName(path), path))
            : [];
    }

    private static async Task WriteTarAsync(string tar, List<(string Entry, string File)> files, CancellationToken ct)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream output = new(tar, options);
        await using (output.ConfigureAwait(false))
        {
            TarWriter writer = new(output, TarEntryFormat.Pax, leaveOpen: true);
            await using (writer.ConfigureAwait(false))
            {
                ArrayBufferWriter<byte> checksums = new(4096);
                using (Utf8JsonWriter json = new(checksums))
                {
                    json.WriteStartObject();
                    json.WriteNumber("v", 1);
                    json.WriteStartObject("files");
                    foreach ((string entry, string file) in files.Where(f => File.Exists(f.File)))
                    {
                        json.WriteString(entry, await DigestOfAsync(file, ct).ConfigureAwait(false));
                        await writer.WriteEntryAsync(file, entry, ct).ConfigureAwait(false);
                    }

                    json.WriteEndObject();
                    json.WriteEndObject();
                }

                using MemoryStream last = new(checksums.WrittenSpan.ToArray());
                PaxTarEntry summary = new(TarEntryType.RegularFile, ChecksumsEntry) { DataStream = last };
                await writer.WriteEntryAsync(summary, ct).ConfigureAwait(false);
            }
        }
    }

    private static async Task ExtractAsync(string tar, string folder, CancellationToken ct)
    {
        Dictionary<string, string> actual = new(StringComparer.Ordinal);
        Dictionary<string, string>? expected = null;
        FileStream input = new(tar, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        await using (input.ConfigureAwait(false))
        {
            TarReader reader = new(input);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is TarEntry entry)
                {
                    if (entry.Name == ChecksumsEntry)
                    {
                        expected = ReadChecksums(entry);
                        continue;
                    }

                    string path = Path.Combine(folder, PlaceOf(entry.Name));
                    Directory.CreateDirectory(Path.GetDirectoryName(path) ?? folder);
                    await entry.ExtractToFileAsync(path, overwrite: false, ct).ConfigureAwait(false);
                    actual[entry.Name] = await DigestOfAsync(path, ct).ConfigureAwait(false);
                }
            }
        }

        if (expected is null || expected.Count != actual.Count
            || expected.Any(e => actual.GetValueOrDefault(e.Key) != e.Value))
        {
            throw new InvalidDataException("the checksums are missing or do not fit the files");
        }

        if (!actual.ContainsKey(StoreEntry))
        {
            throw new InvalidDataException("there is no store in it");
        }
    }

    /// <summary>Where an entry goes. Only names that a backup has are taken: none can leave the folder.</summary>
    private static string PlaceOf(string entry)
    {
        if (entry == StoreEntry)
        {
            return "kedge.db";
        }

        string[] parts = entry.Split('/');
        if (parts is ["keys", string key] && new ServerPaths("/").KeyFiles.Contains("/" + key))
        {
            return key;
        }

        return parts is ["chunks", string name] && ChunkFile.TryParse(name, out Digest digest)
            ? Path.Combine("chunks", digest.Hex[..2], name)
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"an entry of {entry.Length} characters has no place"));
    }

    private static Dictionary<string, string> ReadChecksums(TarEntry entry)
    {
        if (entry.DataStream is null || entry.Length > ChecksumsBytesMax)
        {
            throw new InvalidDataException("the checksums are empty or too large");
        }

        using JsonDocument document = JsonDocument.Parse(entry.DataStream);
        return document.RootElement.TryGetProperty("files", out JsonElement files)
            && files.ValueKind == JsonValueKind.Object
            ? files.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetString() ?? "", StringComparer.Ordinal)
            : throw new InvalidDataException("the checksums cannot be read");
    }

    private static async Task<string> DigestOfAsync(string path, CancellationToken ct)
    {
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            return Digest.FromHash(await SHA256.HashDataAsync(file, ct).ConfigureAwait(false)).ToString();
        }
    }
}
