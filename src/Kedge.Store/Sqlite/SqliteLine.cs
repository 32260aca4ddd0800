using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Kedge.Store.Sqlite;

/// <summary>One connection and the statements that were prepared on it. Used by one caller at a time.</summary>
internal sealed class SqliteLine : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteLine(string path, SqliteOpenMode mode)
    {
        SqliteConnectionStringBuilder text = new() { DataSource = path, Mode = mode, Pooling = false };
        Connection = new SqliteConnection(text.ToString());
        try
        {
            Connection.Open();
            Run("pragma busy_timeout = 5000");
            Run("pragma foreign_keys = on");
        }
        catch
        {
            Connection.Dispose();
            throw;
        }
    }

    public SqliteConnection Connection { get; }

    public DbCommand Command(string sql)
    {
        if (!_commands.TryGetValue(sql, out SqliteCommand? command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        return command;
    }

    public void Run(string sql)
    {
        using SqliteCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public string Text(string sql)
    {
        using SqliteCommand command = Connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _commands.Values)
        {
            command.Dispose();
        }

        Connection.Dispose();
    }
}
