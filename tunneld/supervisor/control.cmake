tunnel_library(tunnel_control
  SOURCES control_client.cpp control_server.cpp json_rpc.cpp traffic_selection.cpp
  HEADERS control_client.hpp control_server.hpp json_rpc.hpp traffic_selection.hpp
  LINKS tunnel_base Boost::headers Boost::json Threads::Threads)
