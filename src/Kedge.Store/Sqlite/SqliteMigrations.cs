using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Store.Relational;

namespace Kedge.Store.Sqlite;

/// <summary>Brings a file to the schema of this version. Running it twice, or by two processes, does it once.</summary>
internal static class SqliteMigrations
{
    /// <summary>"Kedg" as a number: marks a file as ours (sqlite.org/pragma.html#pragma_application_id).</summary>
    public const int ApplicationId = 0x4B656467;

    public static void Run(SqliteLine line, string path)
    {
        using SqliteTurn turn = new(line);
        int version = CheckOwner(line, path);
        ImmutableArray<Migration> steps = Migration.For("Sqlite");
        if (version > steps.Length)
        {
            throw new KedgeException(
                StoreErrors.SchemaNewer, $"{path} has schema {version}, this version knows {steps.Length}");
        }

        foreach (Migration step in steps.Skip(version))
        {
            line.Run(step.Sql);
        }

        line.Run(string.Create(CultureInfo.InvariantCulture, $"pragma application_id = {ApplicationId}"));
        line.Run(string.Create(CultureInfo.InvariantCulture, $"pragma user_version = {steps.Length}"));
        turn.Commit();
    }

    /// <summary>Why a file is no store of ours; empty when it is one.</summary>
    public static string OwnerFinding(SqliteLine line) =>
        line.Text("pragma application_id") == ApplicationId.ToString(CultureInfo.InvariantCulture)
            ? ""
            : "it is a database of another program";

    /// <summary>The schema's version: 0 for a new file. Refuses a file that somebody else made.</summary>
    private static int CheckOwner(SqliteLine line, string path)
    {
        int owner = int.Parse(line.Text("pragma application_id"), CultureInfo.InvariantCulture);
        if (owner == ApplicationId)
        {
            return int.Parse(line.Text("pragma user_version"), CultureInfo.InvariantCulture);
        }

        bool isEmpty = line.Text("select count(*) from sqlite_master") == "0";
        return owner == 0 && isEmpty
            ? 0
            : throw new KedgeException(StoreErrors.NotKedge, $"{path} is a database of another program");
    }
}
